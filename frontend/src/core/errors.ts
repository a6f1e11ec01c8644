/** The error of the core: a value that breaks a rule, with what was wrong and what is allowed. */
export class InvalidInput extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvalidInput'
  }
}
