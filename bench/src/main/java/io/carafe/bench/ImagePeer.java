package io.carafe.bench;

import java.util.ArrayList;
import java.util.List;

/** Something that keeps images: a CRI daemon with a command for pushing, or commands alone. */
sealed interface ImagePeer {

    String name();

    /** The daemon that works for it; 0 if there is none. */
    default long daemon() {
        return 0;
    }

    void pull(String image) throws Exception;

    void push(String image, String destination) throws Exception;

    void remove(String image) throws Exception;

    /** A daemon of {@link Peer}, that pushes by a command with {@code @} for the image and {@code %} for where it goes. */
    record Daemon(Peer peer, List<String> push) implements ImagePeer {

        @Override
        public String name() {
            return peer.name;
        }

        @Override
        public long daemon() {
            return peer.pid();
        }

        @Override
        public void pull(String image) {
            peer.cri().pull(image);
        }

        @Override
        public void push(String image, String destination) throws Exception {
            Commands.call(push, image, destination);
        }

        @Override
        public void remove(String image) {
            peer.cri().removeImage(image);
        }
    }

    /** Commands in whose words {@code @} stands for the image and {@code %} for where it goes. */
    record Commands(String name, List<String> pull, List<String> push, List<String> remove) implements ImagePeer {

        @Override
        public void pull(String image) throws Exception {
            call(pull, image, "");
        }

        @Override
        public void push(String image, String destination) throws Exception {
            call(push, image, destination);
        }

        @Override
        public void remove(String image) throws Exception {
            call(remove, image, "");
        }

        private static void call(List<String> words, String image, String destination) throws Exception {
            var command = words.stream()
                    .map(word -> word.replace("@", image).replace("%", destination))
                    .toList();
            CommandPeer.call(command, "");
        }
    }

    /**
     * Reads {@code DAEMON|PUSH}, the daemon as {@link Peer#parse} has it, or {@code NAME|PULL|PUSH|REMOVE}.
     */
    static ImagePeer parse(String text) {
        var parts = text.split("\\|");
        var words = new ArrayList<List<String>>();
        for (var part : parts) {
            words.add(List.of(part.trim().split(" +")));
        }
        return switch (parts.length) {
            case 2 -> new Daemon(Peer.parse(parts[0]), words.get(1));
            case 4 -> new Commands(parts[0], words.get(1), words.get(2), words.get(3));
            default ->
                throw new IllegalArgumentException("peer " + text + ": want DAEMON|PUSH or NAME|PULL|PUSH|REMOVE");
        };
    }
}
