/** What a model is expected to answer, as text that only its writer reads again. */
export interface AssertionStore {
  read(store: number, modelId: string): Promise<string | undefined>;
  replace(store: number, modelId: string, assertions: string): Promise<void>;
}
