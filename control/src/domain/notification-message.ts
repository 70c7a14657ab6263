import type { Device, User } from './model.ts'
import type { LocalizedMessage, NotificationTemplate } from './notification.ts'

/** Where messages about noncompliance come from. */
export const SENDER = 'microsoft-noreply@microsoft.com'

/** Longest subject of a localized message. Source: Intune, "Create a notification message template". */
export const SUBJECT_LENGTH_MAX = 78

const standard: Pick<LocalizedMessage, 'subject' | 'messageTemplate'> = {
  subject: 'A device of yours does not meet the requirements',
  messageTemplate:
    '{{UserName}}: {{DeviceName}} ({{OSAndVersion}}) does not meet the requirements of your organisation.',
}

/**
 * The text for one user and device: of the template's messages the one in the user's language, else the default one;
 * without a template a standard text. `{{UserName}}`, `{{DeviceName}}`, `{{DeviceId}}` and `{{OSAndVersion}}` are filled in.
 */
export function messageFor(
  template: NotificationTemplate | undefined,
  user: Pick<User, 'displayName' | 'preferredLanguage'>,
  device: Device,
): { readonly subject: string; readonly body: string } {
  const { subject, messageTemplate } = inLanguage(template?.messages ?? [], user.preferredLanguage) ?? standard
  const { deviceName, os } = device.inventory
  const values: Readonly<Record<string, string>> = {
    username: user.displayName,
    devicename: deviceName,
    deviceid: device.id,
    osandversion: `${os.name} ${os.version}`,
  }
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (written, name: string) => values[name.toLowerCase()] ?? written)
  return { subject: fill(subject), body: fill(messageTemplate) }
}

/** The same language and region, then the same language, then the default. */
function inLanguage(
  messages: readonly LocalizedMessage[],
  preferred: string | undefined,
): LocalizedMessage | undefined {
  const wanted = preferred?.toLowerCase()
  const language = (tag: string): string | undefined => tag.toLowerCase().split('-')[0]
  return (
    messages.find(({ locale }) => locale.toLowerCase() === wanted) ??
    messages.find(({ locale }) => wanted !== undefined && language(locale) === language(wanted)) ??
    messages.find(({ isDefault }) => isDefault)
  )
}
