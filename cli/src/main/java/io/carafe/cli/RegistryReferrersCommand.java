package io.carafe.cli;

import io.carafe.proto.carafe.v1.ListReferrersRequest;
import java.util.function.Supplier;

final class RegistryReferrersCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "reference");

    private final Supplier<String> type = words.text("TYPE", "only those of this type", "", "--artifact-type");

    RegistryReferrersCommand(Carafe carafe) {
        super(carafe, "referrers", "List what refers to an image at its registry, such as signatures.");
    }

    @Override
    int run(Connection daemon) {
        var found = daemon.carafe()
                .listReferrers(ListReferrersRequest.newBuilder()
                        .setReference(image.get())
                        .setArtifactType(type.get())
                        .build());
        var table = new Table("DIGEST", "ARTIFACT TYPE", "SIZE");
        for (var referrer : found.getReferrersList()) {
            table.row(
                    referrer.getDigest(),
                    referrer.getArtifactType().isEmpty() ? referrer.getMediaType() : referrer.getArtifactType(),
                    Units.decimal(referrer.getSize()));
        }
        out.println("subject " + found.getSubject());
        out.print(table);
        return 0;
    }
}
