//! Stores, with what the environment says of them.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::ClientConfigKey;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use tokio::net::TcpStream;
use url::Url;

use super::error::StoreError;
use super::transport::Connector;
use super::url::{ObjectUrl, Scheme, is_loopback};

/// Where a machine in each cloud asks for its own credentials.
const AWS_AND_AZURE_METADATA: &str = "169.254.169.254:80";
const GOOGLE_METADATA: &str = "metadata.google.internal:80";
/// A machine that has one is next to it.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// The store that has this object.
pub(super) async fn connect(url: &ObjectUrl) -> Result<Arc<dyn ObjectStore>, StoreError> {
    match url.scheme {
        Scheme::S3 => s3(url).await,
        Scheme::Google => google(url).await,
        Scheme::Azure => azure(url).await,
        Scheme::Web => web(url),
    }
}

async fn s3(url: &ObjectUrl) -> Result<Arc<dyn ObjectStore>, StoreError> {
    use AmazonS3ConfigKey as Key;
    let builder = AmazonS3Builder::from_env().with_bucket_name(&url.place);
    let value = |key| builder.get_config_value(&key);
    let is_known = value(Key::AccessKeyId).is_some()
        || value(Key::SecretAccessKey).is_some()
        || value(Key::WebIdentityTokenFile).is_some()
        || value(Key::ContainerCredentialsRelativeUri).is_some()
        || value(Key::ContainerCredentialsFullUri).is_some()
        || is_true(value(Key::SkipSignature));
    if !is_known {
        let is_disabled = is_true(std::env::var("AWS_EC2_METADATA_DISABLED").ok());
        let own = value(Key::MetadataEndpoint).is_some();
        ask_metadata(url, is_disabled, own, AWS_AND_AZURE_METADATA).await?;
    }
    let allows = value(Key::Client(ClientConfigKey::AllowHttp));
    let server = Server::of(
        url,
        value(Key::S3Endpoint).or_else(|| value(Key::Endpoint)),
        is_true(allows),
        "AWS_ALLOW_HTTP=true",
    )?;
    let builder = builder
        .with_allow_http(server.allows_http)
        .with_http_connector(server.connector())
        .with_retry(retries());
    build(url, builder.build())
}

async fn google(url: &ObjectUrl) -> Result<Arc<dyn ObjectStore>, StoreError> {
    use GoogleConfigKey as Key;
    let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&url.place);
    let value = |key| builder.get_config_value(&key);
    let is_known = value(Key::ServiceAccount).is_some()
        || value(Key::ServiceAccountKey).is_some()
        || value(Key::ApplicationCredentials).is_some()
        || has_google_defaults()
        || is_true(value(Key::SkipSignature));
    if !is_known {
        ask_metadata(url, false, false, GOOGLE_METADATA).await?;
    }
    let server = Server::of(
        url,
        value(Key::BaseUrl),
        false,
        "a GOOGLE_BASE_URL of https",
    )?;
    let builder = builder
        .with_client_options(ClientOptions::new().with_allow_http(server.allows_http))
        .with_http_connector(server.connector())
        .with_retry(retries());
    build(url, builder.build())
}

async fn azure(url: &ObjectUrl) -> Result<Arc<dyn ObjectStore>, StoreError> {
    use AzureConfigKey as Key;
    let builder = MicrosoftAzureBuilder::from_env();
    let builder = if url.place.contains('@') {
        builder.with_url(format!("abfss://{}/", url.place))
    } else {
        builder.with_container_name(&url.place)
    };
    let value = |key| builder.get_config_value(&key);
    let is_emulated = is_true(value(Key::UseEmulator));
    let is_known = [
        Key::AccessKey,
        Key::SasKey,
        Key::Token,
        Key::ClientId,
        Key::FederatedTokenFile,
        Key::MsiEndpoint,
        Key::FabricTokenServiceUrl,
    ]
    .into_iter()
    .any(|key| value(key).is_some())
        || is_emulated
        || is_true(value(Key::UseAzureCli))
        || is_true(value(Key::SkipSignature));
    if !is_known {
        ask_metadata(url, false, false, AWS_AND_AZURE_METADATA).await?;
    }
    let allows = is_true(value(Key::Client(ClientConfigKey::AllowHttp))) || is_emulated;
    let server = Server::of(url, value(Key::Endpoint), allows, "AZURE_ALLOW_HTTP=true")?;
    let builder = builder
        .with_allow_http(server.allows_http)
        .with_http_connector(server.connector())
        .with_retry(retries());
    build(url, builder.build())
}

fn web(url: &ObjectUrl) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let server = Server::of(url, Some(url.place.clone()), false, "https")?;
    let builder = HttpBuilder::new()
        .with_url(&url.place)
        .with_client_options(ClientOptions::new().with_allow_http(server.allows_http))
        .with_http_connector(server.connector())
        .with_retry(retries());
    build(url, builder.build())
}

/// A server that the environment or the URL names.
struct Server {
    is_local: bool,
    allows_http: bool,
}

impl Server {
    /// Plain http goes to this machine, or where whoever set the environment wants it.
    fn of(
        url: &ObjectUrl,
        endpoint: Option<String>,
        allows_http: bool,
        remedy: &'static str,
    ) -> Result<Self, StoreError> {
        let endpoint = endpoint.and_then(|endpoint| Url::parse(&endpoint).ok());
        let is_local = endpoint.as_ref().is_some_and(is_loopback);
        let is_plain = endpoint.is_some_and(|endpoint| endpoint.scheme() == "http");
        if is_plain && !is_local && !allows_http {
            return Err(StoreError::Settings {
                store: url.scheme.store(),
                why: format!("its endpoint is http, which is not encrypted; it takes {remedy}"),
                remedy: "or an endpoint of https",
            });
        }
        Ok(Self {
            is_local,
            allows_http: allows_http || (is_plain && is_local),
        })
    }

    fn connector(&self) -> Connector {
        Connector {
            is_local: self.is_local,
        }
    }
}

fn build<S: ObjectStore>(
    url: &ObjectUrl,
    built: object_store::Result<S>,
) -> Result<Arc<dyn ObjectStore>, StoreError> {
    match built {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(StoreError::unfit(&error, url)),
    }
}

/// Whether this machine can be asked for credentials; else there are none, which is told at once.
async fn ask_metadata(
    url: &ObjectUrl,
    is_disabled: bool,
    is_own: bool,
    address: &str,
) -> Result<(), StoreError> {
    let answers = async {
        let connected = tokio::time::timeout(METADATA_TIMEOUT, TcpStream::connect(address)).await;
        matches!(connected, Ok(Ok(_)))
    };
    if !is_disabled && (is_own || answers.await) {
        return Ok(());
    }
    Err(StoreError::NoCredentials {
        store: url.scheme.store(),
        remedy: url.scheme.variables(),
    })
}

/// Whether `gcloud auth application-default login` left something.
fn has_google_defaults() -> bool {
    let (folder, file) = if cfg!(windows) {
        ("APPDATA", "gcloud/application_default_credentials.json")
    } else {
        (
            "HOME",
            ".config/gcloud/application_default_credentials.json",
        )
    };
    std::env::var_os(folder).is_some_and(|home| std::path::Path::new(&home).join(file).exists())
}

fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| matches!(&*value.to_ascii_lowercase(), "true" | "1" | "yes" | "on"))
}

/// How often a request is made again: for about five seconds, which is soon enough to say that a server
/// isn't there. What reads on asks several times so.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            base: 2.5,
        },
        max_retries: 6,
        retry_timeout: Duration::from_mins(1),
    }
}
