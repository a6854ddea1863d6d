package io.carafe.image.registry;

import java.net.http.HttpRequest;
import java.util.Map;

/**
 * A request of the registry's API.
 *
 * @param target a path, or the URL that the registry gave for the rest of an upload
 * @param body null if there is none
 */
record Call(String method, String target, Map<String, String> headers, UploadBody body) {

    static Call get(String target, Map<String, String> headers) {
        return new Call("GET", target, headers, null);
    }

    static Call of(String method, String target) {
        return new Call(method, target, Map.of(), null);
    }

    HttpRequest.BodyPublisher publisher() {
        return body == null ? HttpRequest.BodyPublishers.noBody() : body.publisher();
    }
}
