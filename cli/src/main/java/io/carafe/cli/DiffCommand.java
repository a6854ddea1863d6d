package io.carafe.cli;

import io.carafe.proto.carafe.v1.FileChange;
import io.carafe.proto.carafe.v1.ListChangesRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

final class DiffCommand extends DaemonCommand {

    private final Supplier<String> name = words.word("NAME", "of a container, or else of an image; or an id");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    DiffCommand(Carafe carafe) {
        super(
                carafe,
                "diff",
                "Tell which files a container has added (A), changed (C) and deleted (D), or the topmost layer of an image.");
    }

    @Override
    int run(Connection daemon) {
        var request = ListChangesRequest.newBuilder();
        Lookup.in(daemon)
                .findContainer(name.get())
                .ifPresentOrElse(
                        container -> request.setContainerId(container.getId()), () -> request.setImage(name.get()));
        var changes = daemon.carafe().listChanges(request.build());
        if (format.get() == Format.json) {
            out.println(JsonText.of(byKind(changes::forEachRemaining)));
        } else {
            changes.forEachRemaining(
                    change -> out.println(letter(change) + " " + Text.printableLines(change.getPath())));
        }
        return 0;
    }

    private interface Changes {
        void forEach(java.util.function.Consumer<FileChange> action);
    }

    private static Map<String, List<String>> byKind(Changes changes) {
        var json = new LinkedHashMap<String, List<String>>();
        for (var kind : List.of("added", "changed", "deleted")) {
            json.put(kind, new ArrayList<>());
        }
        changes.forEach(change -> json.get(change.getKind().name().toLowerCase(java.util.Locale.ROOT))
                .add(change.getPath()));
        return json;
    }

    private static char letter(FileChange change) {
        return change.getKind().name().charAt(0);
    }
}
