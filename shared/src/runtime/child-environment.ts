/** What a process of ours that others can look at is started with. What the command was told in `MUSTER_…` stays with it. */
export const childEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MUSTER_')))
