package io.carafe.image.registry;

import io.carafe.base.CarafeException.InvalidArgument;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which requests go through a proxy, read from {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} as the other
 * programs of a node read them (the rules of Go's {@code httpproxy}): the name in lower case counts too, and loopback is
 * never reached through a proxy.
 *
 * <p>A program that has used {@link java.net.http.HttpClient} before its first {@link RegistryClient} must have set
 * {@code jdk.http.auth.tunneling.disabledSchemes} to nothing itself if its proxy wants a password.
 */
public final class Proxies extends ProxySelector {

    public static final Proxies NONE = new Proxies(null, null, NoProxy.NOTHING);

    private static final int DEFAULT_PORT = 80;

    static {
        // the JDK gives proxies no basic authentication for tunnels, unless told so before its first client is made
        var key = "jdk.http.auth.tunneling.disabledSchemes";
        if (System.getProperty(key) == null) {
            System.setProperty(key, "");
        }
    }

    /**
     * An HTTP proxy.
     *
     * @param address its name is looked up by each request
     * @param authorization for its {@code Proxy-Authorization} header; null for none
     */
    private record Server(InetSocketAddress address, String authorization) {}

    private final Server forHttps;
    private final Server forHttp;
    private final NoProxy exceptions;

    private Proxies(Server forHttps, Server forHttp, NoProxy exceptions) {
        this.forHttps = forHttps;
        this.forHttp = forHttp;
        this.exceptions = exceptions;
    }

    /**
     * @param environment of the process
     * @throws InvalidArgument if a proxy is no URL, or of a kind other than {@code http}
     */
    public static Proxies of(Map<String, String> environment) {
        return new Proxies(
                server("HTTPS_PROXY", variable(environment, "HTTPS_PROXY")),
                server("HTTP_PROXY", variable(environment, "HTTP_PROXY")),
                NoProxy.parse(variable(environment, "NO_PROXY")));
    }

    private static String variable(Map<String, String> environment, String name) {
        var value = environment.getOrDefault(name, "");
        return (value.isEmpty() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : value).strip();
    }

    private static Server server(String variable, String value) {
        if (value.isEmpty()) {
            return null;
        }
        URI uri;
        try {
            uri = URI.create(value.contains("://") ? value : "http://" + value);
        } catch (IllegalArgumentException e) {
            throw new InvalidArgument(variable + ": it is no URL; write http://[user:password@]host:port");
        }
        // the value is not shown: it may hold a password
        if (!"http".equalsIgnoreCase(uri.getScheme())) {
            throw new InvalidArgument(
                    variable + ": a proxy of kind '" + uri.getScheme() + "' is not supported; only http:// is");
        }
        if (uri.getHost() == null) {
            throw new InvalidArgument(variable + ": it names no host; write http://[user:password@]host:port");
        }
        var address =
                InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort());
        return new Server(address, authorization(uri.getUserInfo()));
    }

    private static String authorization(String userInfo) {
        if (userInfo == null) {
            return null;
        }
        var pair = userInfo.contains(":") ? userInfo : userInfo + ":";
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public List<Proxy> select(URI uri) {
        var server = server(uri);
        return List.of(server == null ? Proxy.NO_PROXY : new Proxy(Proxy.Type.HTTP, server.address()));
    }

    /** What {@code Proxy-Authorization} a request to {@code uri} carries; null for none. */
    String authorization(URI uri) {
        var server = server(uri);
        return server == null ? null : server.authorization();
    }

    private Server server(URI uri) {
        var server = "https".equals(uri.getScheme()) ? forHttps : forHttp;
        return server == null || exceptions.covers(uri) ? null : server;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress proxy, IOException failure) {
        // the request fails with it; there is no second proxy to turn to
    }
}
