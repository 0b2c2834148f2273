//! What TypeScript declarations say, free of the parser and its arena.

use std::collections::BTreeMap;

use crate::schema::Sighting;

/// One file.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// As the user named it.
    pub(super) file: String,
    /// In order; two interfaces of one name are two declarations.
    pub(super) declarations: Vec<Declaration>,
    /// By their local name.
    pub(super) imports: BTreeMap<String, Import>,
    /// Syntax errors the parser recovered from.
    pub(super) faults: Vec<Sighting>,
}

/// `import { name as … } from 'from'`
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    pub(super) from: String,
}

/// An interface, a type alias, an enum or a constant.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) line: u32,
    /// Type parameters.
    pub(super) parameters: Vec<String>,
    pub(super) body: Body,
}

/// What a declaration stands for.
#[derive(Debug)]
pub(super) enum Body {
    /// An interface is the intersection of what it extends and its own members.
    Interface(Term),
    Alias(Term),
    /// Members with their values, `None` where a value is computed.
    Enum(Vec<(String, Option<Literal>)>),
    /// A constant object or array of literals; keys are empty for an array.
    Constant(Vec<(String, Literal)>),
}

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Word(Word),
    Literal(Literal),
    Array(Box<Self>),
    Tuple(Vec<Self>),
    Object(Vec<Member>),
    Union(Vec<Self>),
    Intersection(Vec<Self>),
    Reference {
        /// `a.b.C`, at least one part.
        path: Vec<String>,
        arguments: Vec<Self>,
    },
    /// `object[index]`
    Indexed {
        object: Box<Self>,
        index: Box<Self>,
    },
    /// `keyof …`
    KeyOf(Box<Self>),
    /// `typeof NAME`
    TypeOf(String),
    /// A function or a constructor.
    Function,
    /// Keys that are not listed one by one: an index signature, a mapped type.
    Dictionary,
    /// Something this reader does not interpret.
    Opaque,
    /// Nested beyond any sense.
    Endless,
}

/// A type with a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    String,
    Number,
    BigInt,
    Boolean,
    Null,
    Undefined,
    Never,
    Any,
    Unknown,
    Object,
}

/// A value written as a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Literal {
    String(String),
    Number(String),
    Boolean,
}

/// A property of an object type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    /// `None` when it is computed.
    pub(super) name: Option<String>,
    pub(super) optional: bool,
    pub(super) term: Term,
    /// The type as it was written, on one line, cut when it is long.
    pub(super) text: String,
    pub(super) line: u32,
}

impl Term {
    pub(super) fn reference(name: &str) -> Self {
        Self::Reference {
            path: vec![name.to_owned()],
            arguments: Vec::new(),
        }
    }
}
