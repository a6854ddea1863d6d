package io.carafe.cli;

import io.carafe.proto.carafe.v1.CheckStoreRequest;
import io.carafe.proto.carafe.v1.StoreFinding;
import java.util.function.Supplier;

final class SystemCheckCommand extends DaemonCommand {

    private final Supplier<Boolean> repair = words.flag(
            "fetch what is damaged again from where its image was pulled; containers are not touched", "--repair");

    SystemCheckCommand(Carafe carafe) {
        super(
                carafe,
                "check",
                "Compare every file of every image with its digest, and look at records and mounts. Exits with 1 if damage stays.");
    }

    @Override
    int run(Connection daemon) {
        var request = CheckStoreRequest.newBuilder().setRepair(repair.get()).build();
        var findings = daemon.carafe().checkStore(request);
        int found = 0;
        int repaired = 0;
        while (findings.hasNext()) {
            var finding = findings.next();
            found++;
            repaired += finding.getOutcome() == StoreFinding.Outcome.REPAIRED ? 1 : 0;
            out.print(Text.printableLines(text(finding)));
            out.flush();
        }
        out.println(summary(found, repaired));
        return found == repaired ? 0 : 1;
    }

    private static String text(StoreFinding finding) {
        var images = finding.getImagesCount() == 0 ? "" : " of " + String.join(", ", finding.getImagesList());
        var head = finding.getKind() + " " + finding.getDigest() + images + "\n  " + finding.getProblem() + "\n";
        return switch (finding.getOutcome()) {
            case REPAIRED -> head + "  repaired from " + finding.getNote() + "\n";
            case FAILED -> head + "  not repaired: " + finding.getNote() + "\n";
            case FOUND, UNRECOGNIZED -> head;
        };
    }

    private String summary(int found, int repaired) {
        if (found == 0) {
            return "the store is whole";
        }
        if (repair.get()) {
            return found + " damaged, " + repaired + " repaired";
        }
        return found + " damaged\n  carafe system check --repair fetches it again";
    }
}
