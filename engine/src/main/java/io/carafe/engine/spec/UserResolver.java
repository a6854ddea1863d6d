package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.fs.RootedDir;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Who the process is. The request's user (id or name) goes before the image's {@code user[:group]}; names are looked up in
 * the container's own account files. A uid that the image does not know has group 0; a name that it does not know is
 * an error.
 */
final class UserResolver {

    private final List<AccountFile.User> users;
    private final List<AccountFile.Group> groups;

    UserResolver(List<AccountFile.User> users, List<AccountFile.Group> groups) {
        this.users = users;
        this.groups = groups;
    }

    static UserResolver of(RootedDir rootfs) {
        return new UserResolver(AccountFile.users(rootfs), AccountFile.groups(rootfs));
    }

    ContainerStatus.User resolve(SecurityConfig security, String imageUser) {
        var wanted = wanted(security, imageUser);
        int colon = wanted.indexOf(':');
        var userPart = colon < 0 ? wanted : wanted.substring(0, colon);
        var groupPart = colon < 0 ? "" : wanted.substring(colon + 1);
        var account = account(userPart);
        long uid = AccountIds.isNumber(userPart)
                ? Long.parseLong(userPart)
                : account.map(AccountFile.User::uid).orElse(0L);
        long gid = groupPart.isEmpty() ? account.map(AccountFile.User::gid).orElse(0L) : group(groupPart);
        return new ContainerStatus.User(uid, gid, supplemental(security, account, gid));
    }

    /** One string of the form {@code user[:group]}, empty for root. */
    private static String wanted(SecurityConfig security, String imageUser) {
        var user = "";
        if (security.runAsUser() != null) {
            user = String.valueOf(AccountIds.require(security.runAsUser(), "run_as_user"));
        } else if (!security.runAsUserName().isEmpty()) {
            user = security.runAsUserName();
        }
        if (security.runAsGroup() == null) {
            return user.isEmpty() ? imageUser : user;
        }
        if (user.isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "run_as_group " + security.runAsGroup() + " is given without run_as_user or run_as_username");
        }
        return user + ":" + AccountIds.require(security.runAsGroup(), "run_as_group");
    }

    private Optional<AccountFile.User> account(String user) {
        if (user.isEmpty()) {
            return users.stream().filter(entry -> entry.uid() == 0).findFirst();
        }
        if (AccountIds.isNumber(user)) {
            long uid = Long.parseLong(user);
            return users.stream().filter(entry -> entry.uid() == uid).findFirst();
        }
        var account = users.stream().filter(entry -> entry.name().equals(user)).findFirst();
        if (account.isEmpty()) {
            throw new CarafeException.InvalidArgument("user \"" + user + "\" is not in /etc/passwd of the image");
        }
        return account;
    }

    private long group(String group) {
        if (AccountIds.isNumber(group)) {
            return Long.parseLong(group);
        }
        return groups.stream()
                .filter(entry -> entry.name().equals(group))
                .findFirst()
                .map(AccountFile.Group::gid)
                .orElseThrow(() -> new CarafeException.InvalidArgument(
                        "group \"" + group + "\" is not in /etc/group of the image"));
    }

    /** The primary group, those asked for, and unless the policy is Strict those that the image puts the user in. */
    private List<Long> supplemental(SecurityConfig security, Optional<AccountFile.User> account, long gid) {
        var all = new LinkedHashSet<Long>();
        all.add(gid);
        if (!security.strictGroups() && account.isPresent()) {
            var name = account.get().name();
            groups.stream().filter(entry -> entry.members().contains(name)).forEach(entry -> all.add(entry.gid()));
        }
        security.supplementalGroups().forEach(id -> all.add(AccountIds.require(id, "supplemental group")));
        return List.copyOf(all);
    }
}
