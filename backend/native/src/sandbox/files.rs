use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use super::SandboxError;

/// The folders that PDFium searches for fonts on Linux (`CFX_LinuxFontInfo`), and the targets of Debian's symbolic
/// links there.
const FONT_FOLDERS: &[&str] = &["/usr/share/fonts", "/usr/share/X11/fonts", "/usr/local/share/fonts"];
/// The newest landlock version whose rights are used here. Older kernels enforce the rights that they know.
const NEWEST: ABI = ABI::V6;

/// Allows reading the font folders, or no file. Returns false if the kernel has no landlock.
pub(super) fn close(fonts: bool) -> Result<bool, SandboxError> {
    let status = restrict(fonts).map_err(|error| SandboxError::Landlock(error.to_string()))?;
    Ok(status != RulesetStatus::NotEnforced)
}

fn restrict(fonts: bool) -> Result<RulesetStatus, RulesetError> {
    let folders = if fonts { FONT_FOLDERS } else { &[] };
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(folders, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Whether the kernel has landlock. Creates a ruleset and drops it, without restricting anything.
pub(super) fn available() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}
