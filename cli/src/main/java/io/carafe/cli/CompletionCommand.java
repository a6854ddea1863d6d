package io.carafe.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Model.CommandSpec;

/** Writes the completion script of all commands. */
final class CompletionCommand implements Runnable {

    private final CommandSpec spec =
            new Words(this, "generate-completion", "Print a completion script for bash and zsh.").spec();

    CommandSpec spec() {
        return spec;
    }

    @Override
    public void run() {
        spec.commandLine().getOut().print(AutoComplete.bash("carafe", Carafe.commandLine()));
        spec.commandLine().getOut().flush();
    }
}
