//! A tenant in a column. The default one, whose rows are nearly all there are, takes no room.

use countersign_domain::identifier::TenantId;

use crate::door::{StoreFault, Stored};

/// What the default tenant is called. It exists from the start, so it never gets another name.
const DEFAULT: &str = "default";

/// What stands in the column. No tenant's name is empty.
pub(crate) fn column(tenant: &TenantId) -> &str {
    if tenant.as_str() == DEFAULT { "" } else { tenant.as_str() }
}

/// The tenant of a column.
pub(crate) fn of_column(text: &str) -> Stored<TenantId> {
    let name = if text.is_empty() { DEFAULT } else { text };
    TenantId::parse(name).ok_or_else(|| StoreFault::Damaged("a row's tenant is no tenant's name".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_comes_back_as_it_was() {
        let tenants = ["default", "other", "d"].map(|name| TenantId::parse(name).expect("a name"));
        for tenant in tenants {
            assert_eq!(of_column(column(&tenant)).expect("reads"), tenant);
        }
        assert_eq!(column(&TenantId::default_tenant()), "");
    }
}
