package io.carafe.cli;

import io.carafe.base.Version;
import io.carafe.proto.cri.v1.VersionRequest;
import java.util.LinkedHashMap;
import java.util.function.Supplier;

final class VersionCommand extends DaemonCommand {

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    VersionCommand(Carafe carafe) {
        super(carafe, "version", "Show the versions of command and daemon.");
    }

    @Override
    int run(Connection daemon) {
        var answer = daemon.runtime().version(VersionRequest.getDefaultInstance());
        if (format.get() == Format.json) {
            var json = new LinkedHashMap<String, Object>();
            json.put("client", Version.CARAFE);
            json.put("runtimeName", answer.getRuntimeName());
            json.put("runtimeVersion", answer.getRuntimeVersion());
            json.put("runtimeApiVersion", answer.getRuntimeApiVersion());
            out.println(JsonText.of(json));
        } else {
            out.println("carafe   " + Version.CARAFE);
            out.println("daemon   " + answer.getRuntimeName() + " " + answer.getRuntimeVersion() + ", CRI "
                    + answer.getRuntimeApiVersion());
        }
        return 0;
    }
}
