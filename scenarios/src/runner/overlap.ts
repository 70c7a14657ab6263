/**
 * One state that several faults want for a time: it begins with the first that comes and ends with the last that goes.
 * `begin` and `end` never run at the same time.
 */
export function overlap<How = void>(
  begin: (how: How) => Promise<void>,
  end: () => Promise<void>,
): (how: How) => Promise<() => Promise<void>> {
  let wanted = 0
  let before: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = before.then(work)
    before = mine.catch(() => undefined)
    return mine
  }
  return async (how) => {
    await inTurn(async () => {
      if (wanted++ === 0) await begin(how)
    })
    let over = false
    return () =>
      inTurn(async () => {
        if (over) return
        over = true
        if (--wanted === 0) await end()
      })
  }
}
