//! Whom the rules restrict, and to which rows: read as they stand, one row after the other.

use std::collections::BTreeSet;

use super::picture::{Belongs, Object, Picture, Place, Row, Schema, Value};

/// What a user is restricted to, as it was written into her record.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) entities: Vec<i128>,
    /// Whether she is restricted to shared rows where there are no entities.
    pub(super) shared_only: bool,
    pub(super) locations: Vec<i128>,
    pub(super) departments: Vec<i128>,
    pub(super) territories: Vec<i128>,
    pub(super) hides_departments: bool,
}

/// The same with all that stands below, as the company is now.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) entities: Option<BTreeSet<i128>>,
    locations: Option<BTreeSet<i128>>,
    /// The entities that these locations are of.
    homes: BTreeSet<i128>,
    departments: Option<BTreeSet<i128>>,
    territories: Option<BTreeSet<i128>>,
    hides_departments: bool,
}

const LOCATION: &str = "company-config/location";
const DEPARTMENT: &str = "company-config/department";
const TERRITORY: &str = "accounts-receivable/territory";

/// These records of a tree and all below them; nothing, where none restrict.
fn below(
    schema: &Schema,
    picture: &Picture,
    object: &str,
    keys: &[i128],
) -> Option<BTreeSet<i128>> {
    if keys.is_empty() {
        return None;
    }
    let number = schema.number(object);
    let parent = schema.objects[number].parent.expect("a tree");
    let mut found: BTreeSet<i128> = keys.iter().copied().collect();
    loop {
        let known = found.len();
        for row in &picture.rows[number] {
            if matches!(row.values[parent], Value::Number(key) if found.contains(&key)) {
                found.insert(row.key);
            }
        }
        if found.len() == known {
            return Some(found);
        }
    }
}

impl Limits {
    pub(super) fn of(bounds: &Bounds, schema: &Schema, picture: &Picture) -> Self {
        let locations = below(schema, picture, LOCATION, &bounds.locations);
        let number = schema.number(LOCATION);
        let mut homes = BTreeSet::new();
        for row in &picture.rows[number] {
            let listed = locations.as_ref().is_some_and(|all| all.contains(&row.key));
            if let (true, Belongs::By(field)) = (listed, schema.objects[number].belongs) {
                // An entity is a location of its own.
                if picture.row(schema.entities(), row.key).is_some() {
                    homes.insert(row.key);
                }
                if let Value::Number(entity) = row.values[field] {
                    homes.insert(entity);
                }
            }
        }
        let restricts = bounds.shared_only || !bounds.entities.is_empty();
        Self {
            entities: restricts.then(|| bounds.entities.iter().copied().collect()),
            locations,
            homes,
            departments: below(schema, picture, DEPARTMENT, &bounds.departments),
            territories: below(schema, picture, TERRITORY, &bounds.territories),
            hides_departments: bounds.hides_departments,
        }
    }

    /// Whether location, department and territory of a row are empty or among hers.
    pub(super) fn let_see(
        &self,
        schema: &Schema,
        picture: &Picture,
        object: usize,
        row: &Row,
    ) -> bool {
        let shape = &schema.objects[object];
        let place = |place: Option<Place>| match place? {
            Place::Itself => Some(row.key),
            Place::Field(field) => row.values[field].number(),
            Place::OfEmployee(field) => {
                let employees = schema.number("company-config/employee");
                let employee = picture.row(employees, row.values[field].number()?)?;
                match schema.objects[employees].department? {
                    Place::Field(field) => employee.values[field].number(),
                    other => panic!("{other:?}"),
                }
            }
        };
        let among = |place: Option<i128>, list: &Option<BTreeSet<i128>>| match (place, list) {
            (Some(place), Some(list)) => list.contains(&place),
            _ => true,
        };
        let location = place(shape.location);
        // Without a location it counts under every location of its entity.
        let at_home = match (&self.locations, shape.location, location, shape.belongs) {
            (Some(_), Some(_), None, Belongs::By(field)) => {
                let home = row.values[field].number();
                home.is_none_or(|home| self.homes.contains(&home))
            }
            _ => true,
        };
        let seen_anyway = shape.is_transaction && !self.hides_departments;
        among(location, &self.locations)
            && at_home
            && (seen_anyway || among(place(shape.department), &self.departments))
            && among(place(shape.territory), &self.territories)
    }
}

impl Value {
    fn number(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl Object {
    /// Whether a row is shared, or of an entity that passes.
    pub(super) fn is_of(&self, row: &Row, passes: &dyn Fn(i128) -> bool) -> bool {
        match self.belongs {
            Belongs::ToAll => true,
            Belongs::ToItself => passes(row.key),
            Belongs::By(field) => row.values[field].number().is_none_or(passes),
        }
    }
}
