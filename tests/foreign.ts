/**
 * A program of others that plays without end, for a test to talk to. It is killed when
 * disposed of, and after `limit_ms` whatever it is about: some catch the polite
 * signals and never come back from them.
 */
export class Foreign implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  #limit: ReturnType<typeof setTimeout>;

  constructor(
    program: string,
    options: Deno.CommandOptions,
    limit_ms = 120_000,
  ) {
    this.child = new Deno.Command(program, options).spawn();
    this.#limit = setTimeout(() => this.#kill(), limit_ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#limit);
    this.#kill();
    await this.child.status;
  }

  #kill(): void {
    try {
      this.child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}
