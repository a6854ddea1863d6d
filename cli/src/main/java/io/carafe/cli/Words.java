package io.carafe.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ScopeType;

/**
 * The words that a command understands; each is told once, and gives what was said when it is asked after parsing.
 * picocli would read the same from annotations, through proxies and reflection: that was half of a short command's time.
 */
final class Words {

    private final CommandSpec spec;
    private int places;

    /** @param command what picocli calls when its name is said */
    Words(Object command, String name, String description) {
        spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage().description(description);
    }

    CommandSpec spec() {
        return spec;
    }

    /** Is there or not. */
    Supplier<Boolean> flag(String description, String... names) {
        return add(option("", description, names).type(boolean.class), false);
    }

    Supplier<String> text(String label, String description, String otherwise, String... names) {
        return value(String.class, label, description, otherwise, names);
    }

    <T> Supplier<T> value(Class<T> type, String label, String description, T otherwise, String... names) {
        return add(option(label, description, names).type(type), otherwise);
    }

    /** One of an enum's constants, which {@code ${COMPLETION-CANDIDATES}} in the description lists; by long names. */
    <E extends Enum<E>> Supplier<E> choice(String description, E otherwise, String... names) {
        var label = "<" + names[0].substring(2) + ">";
        return value(otherwise.getDeclaringClass(), label, description, otherwise, names);
    }

    /** May be said again and again. */
    <T> Supplier<List<T>> list(Class<T> type, String label, String description, String... names) {
        return add(option(label, description, names).type(List.class).auxiliaryTypes(type), List.of());
    }

    /** Like {@link #list}, and several in one word, with commas. */
    Supplier<List<String>> commaList(String label, String description, String... names) {
        var option = option(label, description, names).splitRegex(",");
        return add(option.type(List.class).auxiliaryTypes(String.class), List.of());
    }

    Supplier<Map<String, String>> map(String label, String description, String... names) {
        var option = option(label, description, names);
        return add(option.type(Map.class).auxiliaryTypes(String.class, String.class), Map.of());
    }

    /** The word at the next place, which must be there. */
    Supplier<String> word(String label, String... description) {
        var place = PositionalParamSpec.builder()
                .index(String.valueOf(places++))
                .required(true)
                .type(String.class);
        return add(place.paramLabel(label).description(description).build(), null);
    }

    /** All words from the next place on, of which there may be none. */
    Supplier<List<String>> anyWords(String label, String... description) {
        return rest("0..*", label, description);
    }

    /** All words from the next place on, one at least. */
    Supplier<List<String>> someWords(String label, String... description) {
        return rest("1..*", label, description);
    }

    private Supplier<List<String>> rest(String arity, String label, String... description) {
        var rest = PositionalParamSpec.builder()
                .index(places + "..*")
                .arity(arity)
                .required(arity.startsWith("1"))
                .type(List.class)
                .auxiliaryTypes(String.class);
        return add(rest.paramLabel(label).description(description).build(), List.of());
    }

    /** A text that can be said behind the name of any subcommand too. */
    Supplier<String> everywhere(String label, String description, String otherwise, String... names) {
        return add(option(label, description, names).type(String.class).scopeType(ScopeType.INHERIT), otherwise);
    }

    /** Shows what this text and those of the other words say; likewise of subcommands. */
    void help(String description, String... names) {
        spec.addOption(option("", description, names)
                .usageHelp(true)
                .scopeType(ScopeType.INHERIT)
                .build());
    }

    private static OptionSpec.Builder option(String label, String description, String... names) {
        return OptionSpec.builder(names).paramLabel(label).description(description);
    }

    private <T> Supplier<T> add(OptionSpec.Builder option, T otherwise) {
        return add(option.build(), otherwise);
    }

    private <T> Supplier<T> add(ArgSpec argument, T otherwise) {
        spec.add(argument);
        return () -> {
            T said = argument.getValue();
            return said == null ? otherwise : said;
        };
    }
}
