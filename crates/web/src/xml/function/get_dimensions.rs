//! `getDimensions`: the dimensions that records are tagged with.

use sidegate_model::Result;

use super::Run;

/// The dimensions of every company: object and what people call one.
const DIMENSIONS: &[(&str, &str)] = &[
    ("DEPARTMENT", "Department"),
    ("LOCATION", "Location"),
    ("CLASS", "Class"),
    ("EMPLOYEE", "Employee"),
    ("PROJECT", "Project"),
    ("CUSTOMER", "Customer"),
    ("VENDOR", "Vendor"),
    ("ITEM", "Item"),
];

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&[])?;
    let out = &mut *run.out;
    out.open("data");
    out.open("dimensions");
    for (object, label) in DIMENSIONS {
        out.open("dimension");
        out.leaf("objectName", object);
        out.leaf("objectLabel", label);
        out.leaf("termLabel", label);
        out.leaf("userDefinedDimension", "false");
        out.leaf("enabledInGL", "true");
        out.close();
    }
    out.close();
    out.close();
    Ok(())
}
