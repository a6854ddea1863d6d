package io.carafe.cli;

import io.carafe.proto.carafe.v1.ExplainRegistryRequest;
import io.carafe.proto.carafe.v1.ExplainedPlace;
import java.util.function.Supplier;

final class RegistryExplainCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "reference, perhaps a short one");

    RegistryExplainCommand(Carafe carafe) {
        super(
                carafe,
                "explain",
                "Tell where a pull would look for an image, with which credentials, and what the policy says.");
    }

    @Override
    int run(Connection daemon) {
        var names = daemon.carafe()
                .explainRegistry(ExplainRegistryRequest.newBuilder()
                        .setReference(image.get())
                        .build())
                .getNamesList();
        boolean any = false;
        for (var name : names) {
            any |= name.getAccepted() && name.getProblem().isEmpty();
            out.println(Text.printableLines(name.getName()));
            out.println("  policy: " + Text.printableLines(name.getPolicy()));
            if (!name.getProblem().isEmpty()) {
                out.println("  " + Text.printableLines(name.getProblem()));
            }
            for (int i = 0; i < name.getPlacesCount(); i++) {
                out.print(Text.printableLines(text(i + 1, name.getPlaces(i))));
            }
        }
        return any ? 0 : 1;
    }

    private static String text(int number, ExplainedPlace place) {
        var text = new StringBuilder("  " + number + ". " + place.getName() + "\n");
        text.append("     ").append(place.getReason()).append('\n');
        text.append("     ")
                .append(place.getInsecure() ? "HTTPS with any certificate, or HTTP" : "HTTPS")
                .append('\n');
        text.append("     credentials: ")
                .append(place.getCredentials().isEmpty() ? "none" : place.getCredentials())
                .append('\n');
        if (!place.getRateLimit().isEmpty()) {
            text.append("     rate limit: ").append(place.getRateLimit()).append('\n');
        }
        return text.toString();
    }
}
