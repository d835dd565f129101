export interface ServerSentEvent {
    readonly id: string | undefined;
    readonly data: string;
}
/** @throws {QodConnectionError} the stream broke off, or went silent */
export declare function serverSentEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent>;
