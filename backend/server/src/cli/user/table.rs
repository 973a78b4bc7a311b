use inkstream_core::ports::UserRecord;
use inkstream_wire::Role;

use crate::cli::output::columns;

/// Formats users as columns with headings.
pub(super) fn format(users: &[UserRecord]) -> String {
    let mut rows = vec![["name", "role", "state", "created"].map(str::to_owned)];
    let row = |user: &UserRecord| {
        let created_at = user.created_at.to_string();
        [user.username.as_str(), role(user), state(user), created_at.as_str()].map(str::to_owned)
    };
    rows.extend(users.iter().map(row));
    columns(&rows)
}

fn role(user: &UserRecord) -> &'static str {
    match user.role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

fn state(user: &UserRecord) -> &'static str {
    match (user.anonymous, user.disabled) {
        (true, _) => "anonymous",
        (_, true) => "disabled",
        _ => "enabled",
    }
}

#[cfg(test)]
mod tests {
    use inkstream_wire::UserId;

    use super::*;

    #[test]
    fn columns_are_aligned_in_any_alphabet() {
        let user = |username: &str, role, disabled| UserRecord {
            id: UserId(uuid::Uuid::nil()),
            username: username.to_owned(),
            role,
            anonymous: username == "anonymous",
            disabled,
            created_at: "2026-11-21T12:00:00Z".parse().unwrap(),
        };
        let users = [
            user("ada.lovelace", Role::Admin, false),
            user("anonymous", Role::User, false),
            user("zoë", Role::User, true),
        ];
        let expected = "\
name          role   state      created
ada.lovelace  admin  enabled    2026-11-21T12:00:00Z
anonymous     user   anonymous  2026-11-21T12:00:00Z
zoë           user   disabled   2026-11-21T12:00:00Z
";
        assert_eq!(format(&users), expected);
    }
}
