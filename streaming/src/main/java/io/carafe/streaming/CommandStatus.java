package io.carafe.streaming;

import java.nio.charset.StandardCharsets;

/** How a command ended, as the error stream tells it. */
sealed interface CommandStatus {

    record Exited(int code) implements CommandStatus {}

    /** It could not be run, or not be waited for. */
    record Failed(String message) implements CommandStatus {}

    /** Up to v3: the message as plain text, nothing for success. */
    default byte[] asText() {
        var text = switch (this) {
            case Exited(int code) -> code == 0 ? "" : "command terminated with exit code " + code;
            case Failed(String message) -> message;
        };
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** From v4: a Kubernetes Status object. */
    default byte[] asJson() {
        var json = switch (this) {
            case Exited(int code) when code == 0 -> "{\"metadata\":{},\"status\":\"Success\"}";
            case Exited(int code) -> """
                        {"metadata":{},"status":"Failure","message":"command terminated with exit code %d",\
                        "reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"%d"}]}}\
                        """.formatted(code, code);
            case Failed(String message) -> """
                        {"metadata":{},"status":"Failure","message":%s,"reason":"InternalError",\
                        "details":{"causes":[{"message":%s}]},"code":500}\
                        """.formatted(quoted(message), quoted(message));
        };
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static String quoted(String text) {
        var json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20) {
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
