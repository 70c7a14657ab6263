import { Command, type Option } from 'commander'

/**
 * A command whose options can all be said in the environment as well: `--log-level` is `MUSTER_LOG_LEVEL`. What stands on
 * the command line goes first.
 */
export class MirroredCommand extends Command {
  override createCommand(name?: string): MirroredCommand {
    return new MirroredCommand(name)
  }

  override addOption(option: Option): this {
    const { long } = option
    if (long && !this.#isOwn(long)) option.env(`MUSTER_${long.slice(2).replaceAll('-', '_').toUpperCase()}`)
    return super.addOption(option)
  }

  /**
   * What a variable must not mean: `--detach` starts another `muster up`, which would hear it and start the next, and one is told its secrets by it alone; a worker
   * keeps a fleet in its `--data`, the other commands a whole Muster.
   */
  #isOwn(long: string): boolean {
    return (
      ['--version', '--detach', '--secrets-on-stdin', '--no-color'].includes(long) ||
      (this.name() === 'worker' && long === '--data')
    )
  }
}
