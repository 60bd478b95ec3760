/** What was answered; undefined where the condition refused the write. Every other error is thrown. */
export async function unlessRefused<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException')
      return undefined;
    throw error;
  }
}

/** False where the condition refused the write; every other error is thrown. */
export async function accepted(sent: Promise<object>): Promise<boolean> {
  return (await unlessRefused(sent)) !== undefined;
}
