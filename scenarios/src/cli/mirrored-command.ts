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
    if (long && long !== '--version') option.env(`MUSTER_${long.slice(2).replaceAll('-', '_').toUpperCase()}`)
    return super.addOption(option)
  }
}
