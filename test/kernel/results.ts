// The results of the suites in a virtual machine.

export interface TestResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly error?: string
}

export interface Results {
  readonly kernel: string
  readonly facts: Readonly<Record<string, string>>
  readonly tests: readonly TestResult[]
}
