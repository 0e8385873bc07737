//! The typed client, a method per shape, and the session it runs for.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::print::{code, doc, ident, rust_type, string, use_runtime, use_super};
use crate::emit::EmitError;
use crate::model::{Load, Mode, Model, RustType, Session, SessionValue, Shape};

pub(super) fn items(model: &Model) -> Result<Vec<TokenStream>, EmitError> {
    let rows = model.shapes.iter().map(|shape| shape.row.as_str());
    let params = model.shapes.iter().filter_map(|shape| shape.params_struct.as_deref());
    let types = model.session.values.iter().filter_map(|value| value.ty.generated());
    let mut items = vec![use_runtime()];
    items.extend(use_super(rows.chain(params).chain(types))?);
    items.extend(client(model)?);
    if !model.session.values.is_empty() {
        items.extend(session(&model.session)?);
    }
    Ok(items)
}

fn client(model: &Model) -> Result<[TokenStream; 4], EmitError> {
    let collections = model.shapes.iter().map(collection).collect::<Result<Vec<_>, _>>()?;
    let session = if model.session.values.is_empty() { quote!(v1::NoSession) } else { quote!(Session) };
    let mode = match model.mode {
        Mode::Gatekeeper => quote!(v1::Mode::Gatekeeper),
        Mode::Electric => quote!(v1::Mode::Electric),
    };
    let docs = doc("The shapes, live and typed; a clone is another handle of the same client.");
    let builder = doc("Settings of a client for the shape service at `url`.");
    let for_test = doc("The same for tests: rows in memory alone, and the clock that it goes by, which stands still.");
    Ok([
        quote! {
            #docs
            #[derive(Clone)]
            pub struct Client(v1::Client);
        },
        quote! {
            impl Client {
                #builder
                pub fn builder(url: impl Into<String>) -> v1::ClientBuilder<Self> {
                    v1::ClientBuilder::new(url)
                }
                #for_test
                pub fn for_test(url: impl Into<String>) -> (v1::ClientBuilder<Self>, v1::ManualClock) {
                    v1::ClientBuilder::for_test(url)
                }
                #(#collections)*
            }
        },
        // What concerns no shape: `client.storage()`.
        quote! {
            impl std::ops::Deref for Client {
                type Target = v1::Client;

                fn deref(&self) -> &v1::Client {
                    &self.0
                }
            }
        },
        quote! {
            impl v1::TypedClient for Client {
                type Session = #session;
                const MODE: v1::Mode = #mode;

                fn from_client(client: v1::Client) -> Self {
                    Self(client)
                }
            }
        },
    ])
}

fn collection(shape: &Shape) -> Result<TokenStream, EmitError> {
    let (name, row) = (ident(&shape.ident)?, ident(&shape.row)?);
    let rows = match &shape.load {
        Load::All => format!("The rows of {}.", code(&shape.name)),
        Load::Newest(newest) => {
            format!("The newest {} rows of {}; older ones come by `load_older`.", newest.count, code(&shape.name))
        }
        Load::FromNow => format!("The rows of {} that come from now on.", code(&shape.name)),
    };
    let docs = doc(&rows);
    Ok(match &shape.params_struct {
        Some(params) => {
            let params = ident(params)?;
            quote! {
                #docs
                pub fn #name(&self, params: #params) -> v1::Collection<#row> {
                    self.0.collection(params)
                }
            }
        }
        None => quote! {
            #docs
            pub fn #name(&self) -> v1::Collection<#row> {
                self.0.collection(())
            }
        },
    })
}

fn session(session: &Session) -> Result<Vec<TokenStream>, EmitError> {
    let constructor = ident(&session.constructor)?;
    let identity = session.values.iter().filter(|value| value.identity);
    let identity = identity.map(Value::new).collect::<Result<Vec<_>, _>>()?;
    let others = session.values.iter().filter(|value| !value.identity);
    let setters = others.map(|value| Ok(Value::new(value)?.setter())).collect::<Result<Vec<_>, EmitError>>()?;
    let (arguments, conversions): (Vec<_>, Vec<_>) =
        identity.iter().map(|value| (value.argument(), value.conversion())).unzip();
    let calls = identity.iter().map(|Value { name, key, .. }| quote!(.identity(#key, &#name)));
    let docs = doc("Who is asking: the values that the service verifies.");
    let of_identity = doc("The session of one person, told from others by these values.");
    let token = doc("Asks `provider` for the access token, and again when the service no longer takes the last one.");
    Ok(vec![
        quote! {
            #docs
            #[derive(Debug, Clone)]
            #[must_use]
            pub struct Session(v1::Session);
        },
        quote! {
            impl Session {
                #of_identity
                pub fn #constructor(#(#arguments),*) -> Self {
                    #(#conversions)*
                    Self(v1::Session::new() #(#calls)*)
                }
                #(#setters)*
                #token
                pub fn token(self, provider: impl v1::TokenProvider) -> Self {
                    Self(self.0.token(provider))
                }
            }
        },
        quote! {
            impl From<Session> for v1::Session {
                fn from(session: Session) -> Self {
                    session.0
                }
            }
        },
    ])
}

/// A session value as an argument.
struct Value<'m> {
    name: Ident,
    name_in_manifest: &'m str,
    key: Literal,
    ty: &'m RustType,
    rust: TokenStream,
}

impl<'m> Value<'m> {
    fn new(value: &'m SessionValue) -> Result<Self, EmitError> {
        Ok(Self {
            name: ident(&value.name)?,
            name_in_manifest: &value.name,
            key: string(&value.name),
            ty: &value.ty,
            rust: rust_type(&value.ty)?,
        })
    }

    /// Texts are taken in any form.
    fn argument(&self) -> TokenStream {
        let Self { name, rust, .. } = self;
        if *self.ty == RustType::STRING { quote!(#name: impl Into<String>) } else { quote!(#name: #rust) }
    }

    fn conversion(&self) -> Option<TokenStream> {
        let name = &self.name;
        (*self.ty == RustType::STRING).then(|| quote!(let #name: String = #name.into();))
    }

    fn setter(&self) -> TokenStream {
        let (name, key, argument, conversion) = (&self.name, &self.key, self.argument(), self.conversion());
        let docs = doc(&format!("Sets {}.", code(self.name_in_manifest)));
        quote! {
            #docs
            pub fn #name(self, #argument) -> Self {
                #conversion
                Self(self.0.value(#key, &#name))
            }
        }
    }
}
