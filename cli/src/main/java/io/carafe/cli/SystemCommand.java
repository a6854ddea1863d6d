package io.carafe.cli;

import picocli.CommandLine.Model.CommandSpec;

/** {@code carafe system}: the commands about the store as a whole. */
final class SystemCommand implements Runnable {

    private final CommandSpec spec;

    SystemCommand(Carafe carafe) {
        spec = new Words(this, "system", "Look after the store of images and containers.").spec();
        spec.usageMessage().synopsisSubcommandLabel("COMMAND");
        spec.addSubcommand("check", new SystemCheckCommand(carafe).words.spec());
        spec.addSubcommand("df", new SystemDfCommand(carafe).words.spec());
        spec.addSubcommand("prune", new SystemPruneCommand(carafe).words.spec());
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
