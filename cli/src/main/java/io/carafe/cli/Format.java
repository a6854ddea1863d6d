package io.carafe.cli;

/** How a command prints what it found. */
enum Format {
    table,
    json
}
