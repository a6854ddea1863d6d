package io.carafe.cli;

import io.carafe.proto.cri.v1.VersionRequest;
import java.util.LinkedHashMap;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "version", description = "Show the versions of command and daemon.")
final class VersionCommand extends DaemonCommand {

    @Option(names = "--format", defaultValue = "table", description = "${COMPLETION-CANDIDATES}")
    private Format format;

    @Override
    int run(Connection daemon) {
        var answer = daemon.runtime().version(VersionRequest.getDefaultInstance());
        if (format == Format.json) {
            var json = new LinkedHashMap<String, Object>();
            json.put("client", own());
            json.put("runtimeName", answer.getRuntimeName());
            json.put("runtimeVersion", answer.getRuntimeVersion());
            json.put("runtimeApiVersion", answer.getRuntimeApiVersion());
            out.println(JsonText.of(json));
        } else {
            out.println("carafe   " + own());
            out.println("daemon   " + answer.getRuntimeName() + " " + answer.getRuntimeVersion() + ", CRI "
                    + answer.getRuntimeApiVersion());
        }
        return 0;
    }

    /** From the jar's manifest. */
    static String own() {
        return Objects.requireNonNullElse(Carafe.class.getPackage().getImplementationVersion(), "development");
    }
}
