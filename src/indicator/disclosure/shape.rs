//! What tables have in common: the places, the columns, and the lines in which places and columns add up.

/// One node of the tree of places: the country, a region, a hromada, a centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its place above, which comes before it; none for the country alone, which is the first.
    pub parent: Option<usize>,
    /// Of a reporting place (a place without places below): the organisation that knows its figures.
    pub owner: Option<u32>,
}

/// A dimension of persons with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Axis {
    /// So many values (SEX, AGE_BAND).
    Flat(usize),
    /// The group of each value (TARGET_CATEGORY within TARGET_GROUP); groups are counted from 0.
    Grouped(Vec<usize>),
}

/// Why a shape or a bundle is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first place has a parent, or another none, or one that comes later.
    Parent { place: usize },
    /// The dimensions give a reporting place different totals.
    Uneven { place: usize, axis: usize },
    /// A pattern of another shape.
    Pattern,
}

/// A column of the table: `all`, or a value or a group of a dimension.
pub type Column = usize;

/// Everybody, whatever the dimension.
pub const ALL: Column = 0;

/// Columns that add up to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    pub total: Column,
    pub parts: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(in crate::indicator) places: Vec<Place>,
    pub(in crate::indicator) children: Vec<Vec<usize>>,
    /// How many reporting places a place has: what is lost when its figure is hidden.
    pub(in crate::indicator) weight: Vec<u64>,
    /// What a column is worth beside others: a value 1, a group 2, `all` 4.
    pub(in crate::indicator) worth: Vec<u64>,
    /// The column above; `all` for itself.
    pub(in crate::indicator) above: Vec<Column>,
    /// By dimension: its values, then its groups.
    pub(in crate::indicator) values: Vec<Vec<Column>>,
    pub(in crate::indicator) groups: Vec<Vec<Column>>,
    pub(in crate::indicator) families: Vec<Family>,
    /// The dimension of a column; none for `all`.
    pub(in crate::indicator) axis: Vec<Option<usize>>,
}

impl Shape {
    pub fn new(places: Vec<Place>, axes: &[Axis]) -> Result<Self, Fault> {
        let mut children = vec![Vec::new(); places.len()];
        for (at, place) in places.iter().enumerate() {
            match place.parent {
                None if at == 0 => {}
                Some(parent) if parent < at => children[parent].push(at),
                _ => return Err(Fault::Parent { place: at }),
            }
        }
        let mut weight: Vec<u64> = children.iter().map(|children| u64::from(children.is_empty())).collect();
        for (at, place) in places.iter().enumerate().rev() {
            if let Some(parent) = place.parent {
                weight[parent] += weight[at];
            }
        }
        let mut shape = Self {
            places,
            children,
            weight,
            worth: vec![4],
            above: vec![ALL],
            values: Vec::new(),
            groups: Vec::new(),
            families: Vec::new(),
            axis: vec![None],
        };
        axes.iter().for_each(|axis| shape.add(axis));
        Ok(shape)
    }

    fn add(&mut self, axis: &Axis) {
        let (groups, values) = match axis {
            Axis::Flat(values) => (0, vec![None; *values]),
            Axis::Grouped(of) => (of.iter().max().map_or(0, |last| last + 1), of.iter().map(|group| Some(*group)).collect()),
        };
        let (number, start) = (self.values.len(), self.above.len());
        let groups: Vec<Column> = (start..start + groups).collect();
        let above: Vec<Column> = values.iter().map(|group| group.map_or(ALL, |group: usize| groups[group])).collect();
        let values: Vec<Column> = (start + groups.len()..start + groups.len() + values.len()).collect();
        let top = if groups.is_empty() { &values } else { &groups };
        self.families.push(Family { total: ALL, parts: top.clone() });
        self.families.extend(groups.iter().map(|&group| {
            let parts = values.iter().zip(&above).filter(|(_, above)| **above == group).map(|(value, _)| *value).collect();
            Family { total: group, parts }
        }));
        self.worth.extend(groups.iter().map(|_| 2).chain(values.iter().map(|_| 1)));
        self.above.extend(groups.iter().map(|_| ALL).chain(above));
        self.axis.resize(self.above.len(), Some(number));
        self.values.push(values);
        self.groups.push(groups);
    }

    /// The column of a value of a dimension, both by number.
    pub fn value(&self, axis: usize, value: usize) -> Column {
        self.values[axis][value]
    }

    /// The column of a group of a dimension.
    pub fn group(&self, axis: usize, group: usize) -> Column {
        self.groups[axis][group]
    }

    pub const fn width(&self) -> usize {
        self.above.len()
    }

    pub const fn height(&self) -> usize {
        self.places.len()
    }

    /// The place, the place above it, and so on to the country.
    pub(in crate::indicator) fn upwards(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(place), |at| self.places[*at].parent)
    }

    /// The column, the group above it, and everybody.
    pub(in crate::indicator) fn outwards(&self, column: Column) -> impl Iterator<Item = Column> {
        std::iter::successors(Some(column), |at| (*at != ALL).then(|| self.above[*at]))
    }

    pub(in crate::indicator) fn is_reporting(&self, place: usize) -> bool {
        self.children[place].is_empty()
    }
}
