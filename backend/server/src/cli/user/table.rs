use inkstream_wire::{Role, User};

/// Users in columns, one a line below their headings.
pub(super) fn of(users: &[User]) -> String {
    let mut rows = vec![["name", "role", "state", "created"]];
    rows.extend(users.iter().map(|user| [user.username.as_str(), role(user), state(user), user.created_at.as_str()]));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[name, role, state, created]: &[&str; 4]| {
        let [first, second, third] = widths;
        format!("{name:first$}  {role:second$}  {state:third$}  {created}\n")
    };
    rows.iter().map(line).collect()
}

fn role(user: &User) -> &'static str {
    match user.role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

fn state(user: &User) -> &'static str {
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
    fn columns_stand_below_their_headings_whatever_the_alphabet() {
        let user = |username: &str, role, disabled| User {
            id: UserId(uuid::Uuid::nil()),
            username: username.to_owned(),
            role,
            anonymous: username == "anonymous",
            disabled,
            created_at: "2026-11-21T12:00:00Z".to_owned(),
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
        assert_eq!(of(&users), expected);
    }
}
