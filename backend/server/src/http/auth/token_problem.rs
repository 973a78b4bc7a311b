use inkstream_wire::{ErrorCode, Problem, TokenProblem, routes};

/// Whether `OAuth2` clients read the responses of this path.
pub(in crate::http) fn is_token_route(path: &str) -> bool {
    path == routes::TOKEN
}

/// Converts a problem of the token route to an `OAuth2` error. A wrong password or refresh token keeps the status 401 that it has on
/// every route, where RFC 6749 has 400; clients go by the error code.
pub(in crate::http) fn token_problem(problem: Problem) -> TokenProblem {
    let error = match problem.code {
        ErrorCode::Unauthorized => "invalid_grant",
        ErrorCode::InvalidOption => "unsupported_grant_type",
        ErrorCode::TooManyRequests | ErrorCode::Unavailable => "temporarily_unavailable",
        code if code.status() >= 500 => "server_error",
        _ => "invalid_request",
    };
    // RFC 6749, section 5.2: printable ASCII without quotes and backslashes.
    let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    let error_description = problem.detail.chars().filter(allowed).collect();
    TokenProblem { error: error.to_owned(), error_description, problem }
}
