package io.carafe.image.registry;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;

/** An answer whose body is still to be read. Close it, or read it to its end so that the connection can be used again. */
record Response(HttpResponse<ResponseBody> http) implements AutoCloseable {

    int status() {
        return http.statusCode();
    }

    boolean isRedirect() {
        return switch (status()) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    URI uri() {
        return http.uri();
    }

    ResponseBody body() {
        return http.body();
    }

    /** The first header of that name; null if there is none. */
    String header(String name) {
        return http.headers().firstValue(name).orElse(null);
    }

    List<String> headers(String name) {
        return http.headers().allValues(name);
    }

    /** Content-Length; negative if it is not declared. */
    long length() {
        return http.headers().firstValueAsLong("content-length").orElse(-1);
    }

    @Override
    public void close() {
        body().close();
    }
}
