//! From the parser's tree to [`Term`]s. Nesting is bounded here; what lies deeper is
//! [`Term::Endless`].

use oxc_ast::ast::{
    BindingPattern, Declaration as Node, ExportDefaultDeclarationKind, Expression,
    ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, ObjectPropertyKind,
    PropertyKey, Statement, TSEnumDeclaration, TSEnumMemberName, TSImportTypeQualifier,
    TSInterfaceDeclaration, TSLiteral, TSMethodSignatureKind, TSNamespaceDeclarationBody,
    TSSignature, TSTupleElement, TSType, TSTypeAnnotation, TSTypeName, TSTypeOperatorOperator,
    TSTypeParameterDeclaration, TSTypeParameterInstantiation, TSTypeQueryExprName, UnaryOperator,
    VariableDeclaration,
};
use oxc_span::{GetSpan, Span};

use super::parse::{Lines, index};
use super::term::{Body, Declaration, Import, Literal, Member, Term, Unit, Word};

/// How deep a type may nest, and a namespace in namespaces.
const MAX_DEPTH: u32 = 64;
/// How much of a written type is kept, in characters.
const MAX_TEXT: usize = 60;

pub(super) struct Converter<'a> {
    text: &'a str,
    lines: &'a Lines,
    unit: &'a mut Unit,
}

impl<'a> Converter<'a> {
    pub(super) fn new(text: &'a str, lines: &'a Lines, unit: &'a mut Unit) -> Self {
        Self { text, lines, unit }
    }

    pub(super) fn statements(&mut self, statements: &[Statement<'_>]) {
        self.block(statements, 0);
    }

    fn block(&mut self, statements: &[Statement<'_>], depth: u32) {
        for statement in statements {
            match statement {
                Statement::ImportDeclaration(import) => self.import(import),
                Statement::ExportDeclaration(export) => self.declare(&export.declaration, depth),
                Statement::ExportDefaultDeclaration(export) => {
                    if let ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) =
                        &export.declaration
                    {
                        self.interface(interface);
                    }
                }
                other => {
                    if let Some(declaration) = other.as_declaration() {
                        self.declare(declaration, depth);
                    }
                }
            }
        }
    }

    fn declare(&mut self, node: &Node<'_>, depth: u32) {
        match node {
            Node::TSInterfaceDeclaration(interface) => self.interface(interface),
            Node::TSTypeAliasDeclaration(alias) => {
                let body = Body::Alias(self.term(&alias.type_annotation, 0));
                let parameters = parameters(alias.type_parameters.as_deref());
                self.push(alias.id.name.as_str(), alias.id.span, parameters, body);
            }
            Node::TSEnumDeclaration(declaration) => self.enumeration(declaration),
            Node::VariableDeclaration(variables) => self.constants(variables),
            Node::TSExternalModuleDeclaration(module) if depth < MAX_DEPTH => {
                if let Some(body) = &module.body {
                    self.block(&body.body, depth + 1);
                }
            }
            Node::TSGlobalDeclaration(global) if depth < MAX_DEPTH => {
                self.block(&global.body.body, depth + 1);
            }
            Node::TSNamespaceDeclaration(namespace) if depth < MAX_DEPTH => {
                let mut body = &namespace.body;
                loop {
                    match body {
                        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                            body = &inner.body;
                        }
                        TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                            self.block(&block.body, depth + 1);
                            break;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, name: &str, span: Span, parameters: Vec<String>, body: Body) {
        self.unit.declarations.push(Declaration {
            name: name.to_owned(),
            line: self.line(span),
            parameters,
            body,
        });
    }

    fn line(&self, span: Span) -> u32 {
        self.lines.at(index(span.start))
    }

    fn import(&mut self, import: &ImportDeclaration<'_>) {
        let from = import.source.value.as_str();
        for specifier in import.specifiers.iter().flatten() {
            let (local, name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) => {
                    let name = match &named.imported {
                        ModuleExportName::IdentifierName(name) => name.name.as_str(),
                        ModuleExportName::IdentifierReference(name) => name.name.as_str(),
                        ModuleExportName::StringLiteral(name) => name.value.as_str(),
                    };
                    (named.local.name.as_str(), name)
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => {
                    (default.local.name.as_str(), default.local.name.as_str())
                }
                // names reached through it carry their own name last
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => continue,
            };
            self.unit.imports.insert(
                local.to_owned(),
                Import {
                    name: name.to_owned(),
                    from: from.to_owned(),
                },
            );
        }
    }

    fn interface(&mut self, interface: &TSInterfaceDeclaration<'_>) {
        let own = self.object(&interface.body.body, 0);
        let term = if interface.extends.is_empty() {
            own
        } else {
            let mut parts: Vec<Term> = interface
                .extends
                .iter()
                .map(|base| self.reference(&base.type_name, base.type_arguments.as_deref(), 0))
                .collect();
            parts.push(own);
            Term::Intersection(parts)
        };
        let parameters = parameters(interface.type_parameters.as_deref());
        let id = &interface.id;
        self.push(id.name.as_str(), id.span, parameters, Body::Interface(term));
    }

    fn enumeration(&mut self, declaration: &TSEnumDeclaration<'_>) {
        let mut next = Some(0_u64);
        let mut members = Vec::new();
        for member in &declaration.body.members {
            let name = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str(),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => {
                    name.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(_) => "",
            };
            let value = match &member.initializer {
                None => next.map(|n| Literal::Number(n.to_string())),
                Some(value) => literal(value),
            };
            next = match &value {
                Some(Literal::Number(n)) => n.parse::<u64>().ok().and_then(|n| n.checked_add(1)),
                _ => None,
            };
            members.push((name.to_owned(), value));
        }
        let id = &declaration.id;
        self.push(id.name.as_str(), id.span, Vec::new(), Body::Enum(members));
    }

    /// Constants whose type lists their literals: `as const`, and what `Object.freeze` was given.
    fn constants(&mut self, variables: &VariableDeclaration<'_>) {
        for variable in &variables.declarations {
            if let BindingPattern::BindingIdentifier(id) = &variable.id
                && let Some(value) = variable.init.as_ref().and_then(frozen)
                && let Some(entries) = entries(value)
            {
                self.push(
                    id.name.as_str(),
                    id.span,
                    Vec::new(),
                    Body::Constant(entries),
                );
            }
        }
    }

    fn term(&self, node: &TSType<'_>, depth: u32) -> Term {
        if depth > MAX_DEPTH {
            return Term::Endless;
        }
        let below = |node: &TSType<'_>| self.term(node, depth + 1);
        match node {
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => {
                Term::Word(Word::String)
            }
            TSType::TSNumberKeyword(_) => Term::Word(Word::Number),
            TSType::TSBigIntKeyword(_) => Term::Word(Word::BigInt),
            TSType::TSBooleanKeyword(_) => Term::Word(Word::Boolean),
            TSType::TSNullKeyword(_) => Term::Word(Word::Null),
            TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => Term::Word(Word::Undefined),
            TSType::TSNeverKeyword(_) => Term::Word(Word::Never),
            TSType::TSAnyKeyword(_) => Term::Word(Word::Any),
            TSType::TSUnknownKeyword(_) => Term::Word(Word::Unknown),
            TSType::TSObjectKeyword(_) => Term::Word(Word::Object),
            TSType::TSLiteralType(ty) => type_literal(&ty.literal),
            TSType::TSArrayType(array) => Term::Array(Box::new(below(&array.element_type))),
            TSType::TSTupleType(tuple) => Term::Tuple(
                tuple
                    .element_types
                    .iter()
                    .map(|element| match element {
                        TSTupleElement::TSOptionalType(_) | TSTupleElement::TSRestType(_) => {
                            Term::Opaque
                        }
                        other => other.as_ts_type().map_or(Term::Opaque, below),
                    })
                    .collect(),
            ),
            TSType::TSTypeLiteral(object) => self.object(&object.members, depth),
            TSType::TSUnionType(union) => Term::Union(union.types.iter().map(below).collect()),
            TSType::TSIntersectionType(all) => {
                Term::Intersection(all.types.iter().map(below).collect())
            }
            TSType::TSParenthesizedType(inner) => below(&inner.type_annotation),
            TSType::JSDocNullableType(inner) => {
                Term::Union(vec![below(&inner.type_annotation), Term::Word(Word::Null)])
            }
            TSType::JSDocNonNullableType(inner) => below(&inner.type_annotation),
            TSType::TSTypeOperatorType(operator) => match operator.operator {
                TSTypeOperatorOperator::Keyof => {
                    Term::KeyOf(Box::new(below(&operator.type_annotation)))
                }
                TSTypeOperatorOperator::Readonly => below(&operator.type_annotation),
                TSTypeOperatorOperator::Unique => Term::Opaque,
            },
            TSType::TSIndexedAccessType(access) => Term::Indexed {
                object: Box::new(below(&access.object_type)),
                index: Box::new(below(&access.index_type)),
            },
            TSType::TSTypeReference(reference) => self.reference(
                &reference.type_name,
                reference.type_arguments.as_deref(),
                depth,
            ),
            TSType::TSImportType(import) => match &import.qualifier {
                Some(TSImportTypeQualifier::Identifier(name)) => {
                    Term::reference(name.name.as_str())
                }
                Some(TSImportTypeQualifier::QualifiedName(name)) => {
                    Term::reference(name.right.name.as_str())
                }
                None => Term::Opaque,
            },
            TSType::TSTypeQuery(query) => match &query.expr_name {
                TSTypeQueryExprName::IdentifierReference(name) => {
                    Term::TypeOf(name.name.as_str().to_owned())
                }
                _ => Term::Opaque,
            },
            TSType::TSFunctionType(_) | TSType::TSConstructorType(_) => Term::Function,
            // `[_ in never]: never` is how generated types write that there is nothing
            TSType::TSMappedType(mapped) => match &mapped.constraint {
                TSType::TSNeverKeyword(_) => Term::Object(Vec::new()),
                _ => Term::Dictionary,
            },
            _ => Term::Opaque,
        }
    }

    fn reference(
        &self,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        depth: u32,
    ) -> Term {
        let mut path = Vec::new();
        let mut rest = name;
        loop {
            match rest {
                TSTypeName::IdentifierReference(first) => {
                    path.push(first.name.as_str().to_owned());
                    break;
                }
                TSTypeName::QualifiedName(qualified) => {
                    path.push(qualified.right.name.as_str().to_owned());
                    rest = &qualified.left;
                }
                TSTypeName::ThisExpression(_) => return Term::Opaque,
            }
        }
        path.reverse();
        let arguments = arguments.map_or_else(Vec::new, |given| {
            given
                .params
                .iter()
                .map(|argument| self.term(argument, depth + 1))
                .collect()
        });
        Term::Reference { path, arguments }
    }

    /// An object type whose only members are index signatures is a dictionary.
    fn object(&self, signatures: &[TSSignature<'_>], depth: u32) -> Term {
        let mut members = Vec::new();
        let mut open = false;
        for signature in signatures {
            match signature {
                TSSignature::TSPropertySignature(property) => members.push(Member {
                    name: key(&property.key, property.computed),
                    optional: property.optional,
                    line: self.line(property.span),
                    term: self.annotated(property.type_annotation.as_deref(), depth),
                    text: self.written(property.type_annotation.as_deref()),
                }),
                TSSignature::TSMethodSignature(getter)
                    if getter.kind == TSMethodSignatureKind::Get =>
                {
                    members.push(Member {
                        name: key(&getter.key, getter.computed),
                        optional: getter.optional,
                        line: self.line(getter.span),
                        term: self.annotated(getter.return_type.as_deref(), depth),
                        text: self.written(getter.return_type.as_deref()),
                    });
                }
                TSSignature::TSIndexSignature(_) => open = true,
                TSSignature::TSMethodSignature(_)
                | TSSignature::TSCallSignatureDeclaration(_)
                | TSSignature::TSConstructSignatureDeclaration(_) => {}
            }
        }
        if open && members.is_empty() {
            Term::Dictionary
        } else {
            Term::Object(members)
        }
    }

    fn annotated(&self, annotation: Option<&TSTypeAnnotation<'_>>, depth: u32) -> Term {
        annotation.map_or(Term::Word(Word::Any), |annotation| {
            self.term(&annotation.type_annotation, depth + 1)
        })
    }

    fn written(&self, annotation: Option<&TSTypeAnnotation<'_>>) -> String {
        let text = annotation.and_then(|annotation| {
            let span = annotation.type_annotation.span();
            self.text.get(index(span.start)..index(span.end))
        });
        let mut line = String::new();
        for word in text.unwrap_or("").split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if let Some((end, _)) = line.char_indices().nth(MAX_TEXT) {
                line.truncate(end);
                line.push('…');
                break;
            }
        }
        line
    }
}

fn parameters(declared: Option<&TSTypeParameterDeclaration<'_>>) -> Vec<String> {
    declared.map_or_else(Vec::new, |declared| {
        declared
            .params
            .iter()
            .map(|parameter| parameter.name.name.as_str().to_owned())
            .collect()
    })
}

fn key(key: &PropertyKey<'_>, computed: bool) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(name) if !computed => Some(name.name.as_str().to_owned()),
        PropertyKey::StringLiteral(text) => Some(text.value.as_str().to_owned()),
        PropertyKey::NumericLiteral(number) => Some(number.value.to_string()),
        _ => None,
    }
}

fn type_literal(node: &TSLiteral<'_>) -> Term {
    match node {
        TSLiteral::StringLiteral(text) => {
            Term::Literal(Literal::String(text.value.as_str().to_owned()))
        }
        TSLiteral::NumericLiteral(number) => {
            Term::Literal(Literal::Number(number.value.to_string()))
        }
        TSLiteral::BigIntLiteral(number) => {
            Term::Literal(Literal::Number(number.value.as_str().to_owned()))
        }
        TSLiteral::BooleanLiteral(_) => Term::Literal(Literal::Boolean),
        TSLiteral::TemplateLiteral(_) => Term::Word(Word::String),
        TSLiteral::UnaryExpression(unary) => match &unary.argument {
            Expression::NumericLiteral(number)
                if unary.operator == UnaryOperator::UnaryNegation =>
            {
                Term::Literal(Literal::Number((-number.value).to_string()))
            }
            _ => Term::Word(Word::Number),
        },
    }
}

fn literal(node: &Expression<'_>) -> Option<Literal> {
    match node {
        Expression::StringLiteral(text) => Some(Literal::String(text.value.as_str().to_owned())),
        Expression::NumericLiteral(number) => Some(Literal::Number(number.value.to_string())),
        Expression::BooleanLiteral(_) => Some(Literal::Boolean),
        Expression::UnaryExpression(unary) => match &unary.argument {
            Expression::NumericLiteral(number)
                if unary.operator == UnaryOperator::UnaryNegation =>
            {
                Some(Literal::Number((-number.value).to_string()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The value under `as const` or `Object.freeze(…)`.
fn frozen<'n, 'a>(node: &'n Expression<'a>) -> Option<&'n Expression<'a>> {
    let mut node = node;
    let mut constant = false;
    // `(… as const) satisfies X` and its like are a few layers, no more
    for _ in 0..MAX_DEPTH {
        match node {
            Expression::TSAsExpression(inner) => {
                constant |= matches!(
                    &inner.type_annotation,
                    TSType::TSTypeReference(reference) if reference.type_name.is_const()
                );
                node = &inner.expression;
            }
            Expression::TSSatisfiesExpression(inner) => node = &inner.expression,
            Expression::ParenthesizedExpression(inner) => node = &inner.expression,
            Expression::CallExpression(call) => {
                let freezes = call
                    .callee
                    .as_member_expression()
                    .is_some_and(|member| member.static_property_name() == Some("freeze"));
                constant |= freezes;
                node = call
                    .arguments
                    .first()
                    .filter(|_| freezes)?
                    .as_expression()?;
            }
            _ => break,
        }
    }
    constant.then_some(node)
}

/// The literals of an object or an array; `None` when it is neither or holds anything else.
fn entries(node: &Expression<'_>) -> Option<Vec<(String, Literal)>> {
    match node {
        Expression::ObjectExpression(object) => object
            .properties
            .iter()
            .map(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => Some((
                    key(&property.key, property.computed)?,
                    literal(&property.value)?,
                )),
                ObjectPropertyKind::SpreadProperty(_) => None,
            })
            .collect(),
        Expression::ArrayExpression(array) => array
            .elements
            .iter()
            .map(|element| Some((String::new(), literal(element.as_expression()?)?)))
            .collect(),
        _ => None,
    }
}
