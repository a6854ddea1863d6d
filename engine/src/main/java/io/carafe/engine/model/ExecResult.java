package io.carafe.engine.model;

/**
 * What a finished exec left.
 *
 * @param stdout at most 16 MiB; what came after is dropped
 * @param stderr likewise
 * @param exitCode 128 + signal if killed; −1 if the timeout ended it
 */
@SuppressWarnings("ArrayRecordComponent") // handed straight to one reader
public record ExecResult(byte[] stdout, byte[] stderr, int exitCode) {}
