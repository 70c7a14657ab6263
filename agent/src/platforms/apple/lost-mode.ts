import { somewhere } from '../place.ts'
import { type Answer, acknowledged, type Call, failed } from './answer.ts'

/** Native address of the mode. */
export const LOST_MODE = 'MDMLostMode'

const isLost = ({ device }: Call): boolean => device.settings[LOST_MODE] === true

/** Needs a message or a phone number to show. */
export function enableLostMode({ payload }: Call): Answer {
  if (!payload['Message'] && !payload['PhoneNumber']) return failed('malformedRequest')
  return acknowledged({ settings: { [LOST_MODE]: true }, posture: { locked: true }, effect: 'lock' })
}

/** Succeeds on a device that is not lost, too. */
export const disableLostMode = (): Answer =>
  acknowledged({ settings: { [LOST_MODE]: null }, posture: { locked: false } })

export const playLostModeSound = (call: Call): Answer => (isLost(call) ? acknowledged() : failed('notInLostMode'))

/** A place, as good as GPS in a town knows it. The device has no clock to stamp it with: the report is stamped. */
export function deviceLocation(call: Call): Answer {
  if (!isLost(call) || !call.attempt) return failed('notInLostMode')
  const chance = call.attempt.chance.fork('location')
  const { latitude, longitude } = somewhere(chance)
  const location = {
    Latitude: latitude,
    Longitude: longitude,
    HorizontalAccuracy: chance.int(5, 65),
    VerticalAccuracy: chance.int(5, 30),
    Altitude: chance.int(0, 900),
    Speed: 0,
    Course: -1,
  }
  return acknowledged({ response: location, detail: location })
}
