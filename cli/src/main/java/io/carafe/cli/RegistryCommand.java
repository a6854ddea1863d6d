package io.carafe.cli;

import picocli.CommandLine.Model.CommandSpec;

/** {@code carafe registry}: what one may want to know about registries. */
final class RegistryCommand implements Runnable {

    private final CommandSpec spec;

    RegistryCommand(Carafe carafe) {
        spec = new Words(this, "registry", "Ask about registries.").spec();
        spec.usageMessage().synopsisSubcommandLabel("COMMAND");
        spec.addSubcommand("explain", new RegistryExplainCommand(carafe).words.spec());
        spec.addSubcommand("referrers", new RegistryReferrersCommand(carafe).words.spec());
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
