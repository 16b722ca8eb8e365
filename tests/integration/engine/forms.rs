//! Files that hold credentials by their form: each with a fresh random secret blocks, and the same with a placeholder, a
//! variable, a reference to a vault or an encrypted value does not.

use crate::support::Sandbox;
use data_encoding::BASE64;
use shield_hook::rule::RuleSet;
use shield_hook::rule::generate::Generator;

/// What stands in the place of a `@@`.
#[derive(Clone, Copy)]
enum Value {
    /// Text made from a template, see rules/README.md.
    Text(&'static str),
    /// The same, in base64.
    Base64(&'static str),
    /// A sample of a rule.
    Of(&'static str),
    /// A sample of a rule, in base64.
    Base64Of(&'static str),
    /// A sample of a rule with `\n` for its line ends.
    EscapedOf(&'static str),
    /// A password as people choose them.
    Human,
}
use Value::{Base64, Base64Of, EscapedOf, Human, Of, Text};

/// One kind of file: what it is called here, its path, its text with `@@` for the secret, secrets that block, and what
/// stands there when nothing is leaked.
struct File {
    name: &'static str,
    path: &'static str,
    text: &'static str,
    secrets: &'static [Value],
    harmless: &'static [&'static str],
}

const TOKEN: Value = Text("${base62:40}");
const PASSWORD: Value = Text("${base62:9}#${base62:8}");
const PLAIN: Value = Text("${base62:18}");
const HEX: Value = Text("${hex:40}");
const UUID: Value = Text("${uuid}");
/// User and password.
const PAIR: Value = Base64("deploy:${base62:20}");

/// What no file of any kind is stopped for.
const ENV: &[&str] = &["${SERVICE_TOKEN}", "<your-token>", "changeme", ""];
const YAML: &[&str] = &[
    "${SERVICE_TOKEN}",
    "{{ .Values.token }}",
    "{{ vault_token }}",
    "<your-token>",
    "changeme",
    "null",
    "\"\"",
    "ENC[AES256_GCM,data:Jx0kXw==,iv:q83vEjRWeJCrze8SNFZ4kA==,tag:mrze8SNFZ4kKvN7xI0VniQ==,type:str]",
    "vault:secret/data/app#token",
    "ref+vault://secret/app#/token",
    "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  66386439653765",
];
const QUOTED: &[&str] = &["${SERVICE_TOKEN}", "<your-token>", "changeme", "", "{{ token }}", "********"];

macro_rules! files {
    ($($name:literal, $path:literal, $text:expr, $secrets:expr, $harmless:expr;)*) => {
        &[$(File { name: $name, path: $path, text: $text, secrets: &$secrets, harmless: $harmless }),*]
    };
}

#[rustfmt::skip]
const FILES: &[File] = files![
    // Package managers.
    "npm token", ".npmrc", "registry=https://registry.example/\n//registry.example/:_authToken=@@\nalways-auth=true\n",
        [TOKEN, UUID, Of("npm-access-token")], &["${NPM_TOKEN}", "${NPM_TOKEN-}", "", "<token>", "YOUR_TOKEN_HERE"];
    "npm token, quoted", ".npmrc", "//registry.example/:_authToken=\"@@\"\n", [TOKEN, UUID], &["${NPM_TOKEN}", ""];
    "npm user and password", ".npmrc", "//registry.example/:_auth=@@\nemail=ci@acme.io\n", [PAIR], &["${NPM_AUTH}", "", "<base64>"];
    "npm user and password, of all", ".npmrc", "_auth = @@\nemail = ci@acme.io\n", [PAIR], &["${NPM_AUTH}", ""];
    "npm password", ".npmrc", "//registry.example/:username=ci\n//registry.example/:_password=@@\n",
        [Base64("${base62:20}"), Base64("${base62:7}!${base62:4}")], &["${NPM_PASSWORD}", "", "<base64 of the password>"];
    "Yarn token", ".yarnrc.yml", "npmScopes:\n  acme:\n    npmRegistryServer: https://registry.example\n    npmAuthToken: @@\n",
        [TOKEN, UUID], &["${NPM_TOKEN}", "\"${NPM_TOKEN:-}\"", "\"\"", "<token>"];
    "Yarn user and password", ".yarnrc.yml", "npmAuthIdent: \"@@\"\n", [PAIR, Text("deploy:${base62:20}")], &["${NPM_USER}:${NPM_PASSWORD}", ""];
    "Yarn 1 token", ".yarnrc", "\"//registry.example/:_authToken\" \"@@\"\n", [TOKEN, UUID], &["${NPM_TOKEN}", ""];
    "bun", "bunfig.toml", "[install.scopes]\nacme = { token = \"@@\", url = \"https://registry.example/\" }\n", [TOKEN], &["$NPM_TOKEN", ""];
    "pypirc", ".pypirc", "[distutils]\nindex-servers = internal\n\n[internal]\nrepository = https://index.example/\nusername = ci\npassword = @@\n",
        [PASSWORD, PLAIN, Human, Of("pypi-api-token")], &["${PASSWORD}", "<your password>", "%(password)s", ""];
    "pip.conf", "pip.conf", "[global]\nextra-index-url = https://ci:@@@packages.acme.io/simple\n", [PLAIN, Human], &["${PIP_PASSWORD}", "<password>", "%PIP_PASSWORD%"];
    "requirements", "requirements.txt", "--extra-index-url https://ci:@@@packages.acme.io/simple/\nacme==1.0\n", [PLAIN, TOKEN], &["${PIP_PASSWORD}"];
    "requirements, from git", "requirements.txt", "acme @ git+https://ci:@@@git.acme.io/acme/lib.git@v1\n", [PLAIN, Of("gitlab-personal-access-token")], &["${GIT_TOKEN}"];
    "Pipfile", "Pipfile", "[[source]]\nname = \"acme\"\nurl = \"https://ci:@@@packages.acme.io/simple\"\nverify_ssl = true\n", [PLAIN], &["${PIP_PASSWORD}", "$PIP_PASSWORD"];
    "Poetry", "auth.toml", "[http-basic.acme]\nusername = \"ci\"\npassword = \"@@\"\n", [PASSWORD, Human], QUOTED;
    "uv", "pyproject.toml", "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://ci:@@@packages.acme.io/simple\"\n", [PLAIN], &["${UV_PASSWORD}"];
    "Composer", "auth.json", "{\n  \"http-basic\": {\n    \"repo.acme.io\": {\n      \"username\": \"ci\",\n      \"password\": \"@@\"\n    }\n  }\n}\n", [PASSWORD, TOKEN], QUOTED;
    "Composer token", "auth.json", "{\n  \"gitlab-token\": {\n    \"git.acme.io\": \"@@\"\n  }\n}\n", [TOKEN], &["<token>", ""];
    "Bundler", ".bundle/config", "---\nBUNDLE_GEMS__ACME__IO: \"ci:@@\"\n", [PLAIN, HEX], &["${GEMS_PASSWORD}"];
    "gem credentials", ".gem/credentials", "---\n:acme: @@\n", [Of("rubygems-api-key")], &["<key>"];
    "Cargo credentials", ".cargo/credentials.toml", "[registries.acme]\ntoken = \"@@\"\n", [TOKEN, Of("crates-io-api-token")], QUOTED;
    "Maven", "settings.xml", "<settings><servers><server>\n  <id>releases</id>\n  <username>ci</username>\n  <password>@@</password>\n</server></servers></settings>\n",
        [PASSWORD, PLAIN, Human, TOKEN], &["${env.MAVEN_PASSWORD}", "{COQLCE6DU6GtcS5P/hjNh1UaN3RYcg=}", "", "********"];
    "Maven passphrase", ".m2/settings.xml", "<server>\n  <id>gpg</id>\n  <passphrase>@@</passphrase>\n</server>\n", [PASSWORD, Human], &["${env.GPG_PASSPHRASE}", ""];
    "Gradle", "gradle.properties", "ossrhUsername=ci\nossrhPassword=@@\n", [PASSWORD, PLAIN, Human, TOKEN], ENV;
    "Gradle signing", "gradle.properties", "signing.keyId=24875D73\nsigning.password=@@\n", [PASSWORD, Human], ENV;
    "Gradle build", "build.gradle", "repositories { maven { credentials {\n    username = 'ci'\n    password = '@@'\n} } }\n", [PASSWORD, PLAIN], &["${mavenPassword}", "changeme", ""];
    "Android keystore", "keystore.properties", "storeFile=release.jks\nstorePassword=@@\nkeyAlias=release\n", [PASSWORD, Human, PLAIN], ENV;
    "NuGet", "NuGet.config", "<packageSourceCredentials><acme>\n  <add key=\"Username\" value=\"ci\" />\n  <add key=\"ClearTextPassword\" value=\"@@\" />\n</acme></packageSourceCredentials>\n",
        [PASSWORD, TOKEN, Human], &["%FEED_TOKEN%", "${FEED_TOKEN}", ""];
    "NuGet key", "NuGet.config", "<apikeys>\n  <add key=\"https://feed.acme.io/v3\" value=\"@@\" />\n</apikeys>\n", [Of("nuget-api-key")], &["", "%KEY%"];
    "sbt", ".sbt/.credentials", "realm=Artifactory Realm\nhost=repo.acme.io\nuser=ci\npassword=@@\n", [PASSWORD, PLAIN, Human], ENV;
    "Conan", "remotes.txt", "export CONAN_PASSWORD=@@\n", [PASSWORD, PLAIN], ENV;
    // Hosts, git, containers.
    "netrc", ".netrc", "machine git.acme.io\n  login deploy\n  password @@\n", [PASSWORD, PLAIN, Human, TOKEN], &["$PASSWORD", "<password>", "password"];
    "netrc in one line", "_netrc", "machine api.acme.io login ci@acme.io password @@\n", [PLAIN, UUID], &["${PASSWORD}", "<password>"];
    "git credentials", ".git-credentials", "https://ci:@@@git.acme.io\n", [PLAIN, Human, Of("gitlab-personal-access-token")], &["${GIT_TOKEN}", "<token>"];
    "git remote", ".gitmodules", "[submodule \"lib\"]\n\tpath = lib\n\turl = https://ci:@@@git.acme.io/lib.git\n", [PLAIN, TOKEN], &["${GIT_TOKEN}"];
    "git header", ".gitconfig", "[http \"https://git.acme.io\"]\n\textraheader = AUTHORIZATION: basic @@\n", [PAIR], &["${AUTH}"];
    "Subversion", ".subversion/auth/svn.simple/d3", "K 8\npassword\nV 18\n@@\nK 15\nsvn:realmstring\n", [PLAIN], &["********"];
    "Docker", ".docker/config.json", "{\n  \"auths\": {\n    \"registry.acme.io\": {\n      \"auth\": \"@@\"\n    }\n  }\n}\n", [PAIR], &["", "${DOCKER_AUTH}", "<base64>"];
    "Docker, old", ".dockercfg", "{\"registry.acme.io\": {\"auth\": \"@@\", \"email\": \"ci@acme.io\"}}\n", [PAIR], &["", "${DOCKER_AUTH}"];
    "Docker identity", ".docker/config.json", "{\"auths\": {\"registry.acme.io\": {\"identitytoken\": \"@@\"}}}\n", [TOKEN, UUID, Of("jwt")], &["", "<token>"];
    "Docker in Kubernetes", "pull.dockerconfigjson", "{\"auths\":{\"registry.acme.io\":{\"username\":\"ci\",\"password\":\"@@\"}}}\n", [PASSWORD, TOKEN], QUOTED;
    "Dockerfile", "Dockerfile", "FROM debian:13\nENV DB_PASSWORD=@@\nRUN make\n", [PASSWORD, PLAIN, Human], &["${DB_PASSWORD}", "changeme", "$PASSWORD"];
    "Dockerfile, old form", "Dockerfile", "FROM debian:13\nENV API_TOKEN @@\n", [TOKEN, HEX], &["${API_TOKEN}", "$API_TOKEN"];
    "Compose list", "docker-compose.yml", "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=@@\n      - POSTGRES_DB=app\n", [PASSWORD, PLAIN, Human], &["${POSTGRES_PASSWORD}", "${POSTGRES_PASSWORD:?set it}", "changeme", "postgres", "$PASSWORD"];
    "Compose mapping", "compose.yaml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: @@\n", [PLAIN, Human, Text("'${base62:8}!${base62:8}'")], &["${POSTGRES_PASSWORD}", "changeme", "postgres"];
    // Kubernetes.
    "kubeconfig token", ".kube/config", "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    token: @@\n", [TOKEN, Of("jwt")], &["REDACTED", "${TOKEN}"];
    "kubeconfig password", "kubeconfig", "users:\n- name: admin\n  user:\n    username: admin\n    password: @@\n", [PLAIN, Human], &["REDACTED", "${PASSWORD}"];
    "kubeconfig key", "kubeconfig.yaml", "users:\n- name: admin\n  user:\n    client-certificate-data: LS0tLS1CRUdJTg==\n    client-key-data: @@\n",
        [Base64Of("private-key-rsa"), Base64Of("private-key-ec")], &["DATA+OMITTED", "REDACTED", "${KEY}"];
    "Secret, strings", "secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\nstringData:\n  username: app\n  password: @@\n", [PLAIN, Human, TOKEN], YAML;
    "Secret, data", "secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\ntype: Opaque\ndata:\n  username: YXBw\n  password: @@\n",
        [Base64("${base62:18}"), Base64("${base62:9}#${base62:8}"), Base64("${hex:40}")], &["${PASSWORD}", "{{ .Values.password | b64enc }}", "<base64>", "Y2hhbmdlbWU=", "\"\"", "cGFzc3dvcmQ=", "PHBhc3N3b3JkPg=="];
    "Secret, data of any name", "manifests/app.yml", "kind: Secret\napiVersion: v1\ndata:\n  connection: @@\n  other: YXBw\nmetadata:\n  name: app\n",
        [Base64("${base62:24}"), Base64("${base62:12}#${base62:8}")], &["${CONNECTION}", "{{ .Values.connection | b64enc | quote }}", "Y2hhbmdlbWU="];
    "Secret, kind last", "manifests/app.yml", "apiVersion: v1\ndata:\n  api: @@\n  tier: cHJvZA==\nkind: Secret\nmetadata:\n  name: app\n", [Base64("${base62:24}")], &["${API}", "Y2hhbmdlbWU="];
    "Secret, strings of any name", "manifests/app.yml", "apiVersion: v1\nkind: Secret\nstringData:\n  smtp: @@\n  region: eu-west-1\n", [Text("${base62:24}")], YAML;
    "Secret, JSON", "secret.json", "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {\"user\": \"YXBw\", \"smtp\": \"@@\"}}\n", [Base64("${base62:24}")], &["", "${SMTP}", "Y2hhbmdlbWU="];
    "Secret, TLS key", "tls.yaml", "kind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.key: @@\n", [Base64Of("private-key-rsa")], &["${TLS_KEY}", "\"\""];
    "Secret, a URL inside", "secret.yaml", "kind: Secret\ndata:\n  url: @@\n", [Base64("postgres://app:${base62:18}@db.acme.io/app")], &["${URL}"];
    "Secret, registry", "secret.yaml", "kind: Secret\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: @@\n",
        [Base64("{\"auths\":{\"registry.acme.io\":{\"username\":\"ci\",\"password\":\"${base62:20}\"}}}")], &["${CONFIG}", "e30="];
    "Helm values", "values.yaml", "postgresql:\n  auth:\n    username: app\n    password: @@\n    existingSecret: app-db\n", [PLAIN, Human, TOKEN], YAML;
    "Helm token", "chart/values-prod.yaml", "grafana:\n  adminPassword: @@\n", [PLAIN, Human], YAML;
    "Pod", "deployment.yaml", "      containers:\n      - env:\n        - name: DB_PASSWORD\n          value: @@\n", [PLAIN, Human], YAML;
    // Environment files.
    "env", ".env", "DB_HOST=db\nDB_PASSWORD=@@\n", [PASSWORD, PLAIN, Human], ENV;
    "env, double quotes", ".env.production", "DB_PASSWORD=\"@@\"\n", [PASSWORD, Human], ENV;
    "env, single quotes", ".env.local", "export API_TOKEN='@@'\n", [TOKEN, HEX], ENV;
    "env with spaces", "prod.env", "API_TOKEN = @@\n", [TOKEN, HEX], ENV;
    "env with a comment", ".env", "SECRET_KEY=@@ # of the staging server\n", [TOKEN, HEX], &["${SECRET_KEY}", "<your-token>"];
    "env, CR LF", ".env", "A=1\r\nDB_PASSWORD=@@\r\nB=2\r\n", [PLAIN, Human], ENV;
    "env, colon", ".env", "API_TOKEN: @@\n", [TOKEN], ENV;
    "direnv", ".envrc", "use nix\nexport STRIPE_TOKEN=@@\n", [TOKEN], &["$(pass show stripe)", "\"$(op read op://vault/stripe/token)\"", "${STRIPE}"];
    "PowerShell", "deploy.ps1", "$env:API_TOKEN = \"@@\"\n", [TOKEN, HEX], QUOTED;
    "cmd", "deploy.bat", "@echo off\r\nset API_TOKEN=@@\r\n", [TOKEN, HEX], &["%TOKEN%", "changeme"];
    "setx", "deploy.cmd", "setx DB_PASSWORD \"@@\" /M\r\n", [PLAIN, TOKEN], &["%PASSWORD%", "changeme"];
    "fish", "config.fish", "set -gx API_TOKEN @@\n", [TOKEN, HEX], &["(pass show token)", "$TOKEN"];
    "csh", "deploy.csh", "setenv API_TOKEN @@\n", [TOKEN, HEX], &["$TOKEN", "`cat token`"];
    "systemd", "app.service", "[Service]\nEnvironment=\"DB_PASSWORD=@@\" MODE=prod\nExecStart=/usr/bin/app\n", [PLAIN, TOKEN, Human], &["${DB_PASSWORD}", "%d/password"];
    "tox and friends", "setup.cfg", "[api]\nsecret_key = @@\n", [TOKEN, HEX], &["%(key)s", "${SECRET_KEY}", "changeme"];
    // Clouds.
    "AWS credentials", ".aws/credentials", "[default]\naws_access_key_id = AKIA_ID\naws_secret_access_key = @@\n", [Text("${base64:40}")], &["${AWS_SECRET_ACCESS_KEY}", "<secret>", "YOUR_SECRET_KEY"];
    "AWS session", ".aws/credentials", "[default]\naws_session_token = @@\n", [Text("${base64:340}=="), Text("${base64:400}")], &["${AWS_SESSION_TOKEN}", "<token>"];
    "Google service account", "key.json", "{\n  \"type\": \"service_account\",\n  \"project_id\": \"acme\",\n  \"private_key\": \"@@\\n\",\n  \"client_email\": \"ci@acme.iam.gserviceaccount.com\"\n}\n",
        [EscapedOf("private-key-pkcs8")], &["-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----", "<key>", ""];
    "Google user", "application_default_credentials.json", "{\n  \"client_id\": \"7640-abc.apps.googleusercontent.com\",\n  \"client_secret\": \"x\",\n  \"refresh_token\": \"@@\",\n  \"type\": \"authorized_user\"\n}\n",
        [Of("google-oauth-refresh-token")], &["", "<token>"];
    "Google OAuth client", "client_secret.json", "{\"installed\":{\"client_id\":\"7640-abc.apps.googleusercontent.com\",\"client_secret\":\"@@\"}}\n", [Of("google-oauth-client-secret"), Text("${base64url:24}")], &["", "<secret>"];
    "Firebase", "firebase-adminsdk.json", "{\"type\":\"service_account\",\"private_key\":\"@@\",\"client_email\":\"firebase-adminsdk@acme.iam.gserviceaccount.com\"}\n", [EscapedOf("private-key-pkcs8")], &["", "REDACTED"];
    "Azure storage", "appsettings.json", "{\"Storage\": \"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=@@;EndpointSuffix=core.windows.net\"}\n", [Of("azure-storage-account-key"), Text("${base64:86}==")], &["", "<key>", "${KEY}"];
    "Azure service bus", "appsettings.json", "{\"Bus\": \"Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=@@\"}\n", [Of("azure-service-key-32"), Text("${base64:43}=")], &["", "<key>", "${KEY}"];
    "Azure IoT", "iot.env", "IOT=HostName=acme.azure-devices.net;DeviceId=d1;SharedAccessKey=@@\n", [Text("${base64:43}=")], &["<key>", "${KEY}"];
    "Azure Cosmos", "local.settings.json", "{\"Values\": {\"Cosmos\": \"AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=@@;\"}}\n", [Of("azure-service-key-64"), Text("${base64:86}==")], &["", "<key>"];
    "Azure SQL", "appsettings.Production.json", "{\"ConnectionStrings\": {\"Db\": \"Server=tcp:acme.database.windows.net,1433;Initial Catalog=app;User ID=app;Password=@@;Encrypt=True;\"}}\n", [PLAIN, Human, Text("${base62:8}!${base62:6}")], &["${PASSWORD}", "<password>", "{your_password}", "********"];
    "Azure Redis", "appsettings.json", "{\"Redis\": \"acme.redis.cache.windows.net:6380,password=@@,ssl=True,abortConnect=False\"}\n", [Text("${base64:43}="), TOKEN], &["<password>", "${PASSWORD}"];
    "web.config", "web.config", "<connectionStrings>\n  <add name=\"Db\" connectionString=\"Data Source=db.acme.io;User Id=app;Password=@@;\" />\n</connectionStrings>\n", [PLAIN, Human], &["#{DbPassword}#", "$(DbPassword)", "<%= password %>", "__DB_PASSWORD__"];
    "Azure publish profile", "acme.PublishSettings", "<publishData><publishProfile publishMethod=\"MSDeploy\" userName=\"$acme\" userPWD=\"@@\" /></publishData>\n", [Text("${base62:60}")], &["", "<password>"];
    // Infrastructure.
    "Terraform state", "terraform.tfstate", "{\n  \"version\": 4,\n  \"resources\": [{\"type\": \"aws_db_instance\", \"instances\": [{\"attributes\": {\n    \"username\": \"app\",\n    \"password\": \"@@\"\n  }}]}]\n}\n", [PASSWORD, PLAIN, Human, TOKEN], &["", "********", "changeme"];
    "Terraform state, AWS key", "terraform.tfstate", "{\"type\": \"aws_iam_access_key\", \"attributes\": {\"secret\": \"@@\", \"status\": \"Active\"}}\n", [Text("${base64:40}")], &[""];
    "Terraform state, random password", "terraform.tfstate", "{\"type\": \"random_password\", \"instances\": [{\"attributes\": {\"length\": 24, \"result\": \"@@\"}}]}\n", [Text("${base62:24}")], &[""];
    "Terraform state, key", "terraform.tfstate", "{\"type\": \"tls_private_key\", \"attributes\": {\"private_key_pem\": \"@@\\n\"}}\n", [EscapedOf("private-key-rsa")], &[""];
    "tfvars", "prod.tfvars", "region = \"eu-west-1\"\ndb_password = \"@@\"\n", [PASSWORD, PLAIN, Human], QUOTED;
    "Terraform", "main.tf", "resource \"aws_db_instance\" \"db\" {\n  username = \"app\"\n  password = \"@@\"\n}\n", [PASSWORD, PLAIN, Human], &["${var.db_password}", "changeme", ""];
    "Terraform variable", "variables.tf", "variable \"db_password\" {\n  type    = string\n  default = \"@@\"\n}\n", [PASSWORD, PLAIN, Human], &["", "changeme"];
    "Terraform CLI", ".terraformrc", "credentials \"app.terraform.io\" {\n  token = \"@@\"\n}\n", [Of("terraform-cloud-api-token"), TOKEN], &["", "<token>"];
    "Pulumi", "Pulumi.prod.yaml", "config:\n  app:dbPassword: @@\n", [PLAIN, Human], &["\n    secure: AAABAFkq7o3qkBnUPXdnCN3G1Yvb"];
    "Ansible variables", "group_vars/all.yml", "---\ndb_user: app\ndb_password: @@\n", [PLAIN, Human, TOKEN], YAML;
    "Ansible lookup", "group_vars/web.yml", "api_token: @@\n", [TOKEN, HEX], &["\"{{ lookup('env', 'API_TOKEN') }}\"", "\"{{ lookup('hashi_vault', 'secret=app:token') }}\""];
    "Ansible inventory", "hosts.ini", "[web]\nweb1.acme.io ansible_user=deploy ansible_ssh_pass=@@ ansible_port=22\n", [PLAIN, Human], &["\"{{ ssh_pass }}\"", "changeme"];
    "Ansible become", "inventory.yml", "all:\n  vars:\n    ansible_become_password: @@\n", [PLAIN, Human], YAML;
    "Ansible vault password", ".vault_pass", "@@\n", [PLAIN, TOKEN, Human], &["<password>", "#!/bin/sh\npass show ansible"];
    "CloudFormation", "template.yaml", "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: @@\n", [PLAIN, Human], &["!Ref DbPassword", "'{{resolve:secretsmanager:app:SecretString:password}}'", "${DbPassword}"];
    "cloud-init", "user-data.yaml", "#cloud-config\nchpasswd:\n  list: |\n    root:@@\n", [PLAIN], &["RANDOM", "$6$rounds=4096$abc"];
    "Vagrant", "Vagrantfile", "  v.ssh.password = \"@@\"\n", [PASSWORD, PLAIN], &["", "vagrant", "changeme"];
    // Applications.
    "Jenkins", "credentials.xml", "<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>\n  <username>ci</username>\n  <password>@@</password>\n</com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>\n", [PASSWORD, TOKEN, Human], &["{AQAAABAAAAAQnK0Zq1Yz9T0qP3r4s5t6u7v8w9x0yA==}", "", "********"];
    "Jenkins token", "jobs/app/config.xml", "<project>\n  <authToken>@@</authToken>\n</project>\n", [TOKEN, HEX], &["", "${TOKEN}"];
    "Jenkins master key", "secrets/master.key", "@@", [Text("${hex:256}")], &[""];
    "Jenkinsfile", "Jenkinsfile", "environment {\n    API_TOKEN = '@@'\n}\n", [TOKEN, HEX], &["${params.TOKEN}", "changeme"];
    "Spring properties", "application.properties", "spring.datasource.username=app\nspring.datasource.password=@@\n", [PASSWORD, PLAIN, Human], &["${DB_PASSWORD}", "${DB_PASSWORD:}", "{cipher}f1e2d3c4b5a697887766554433221100", "ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)", "changeme", ""];
    "Spring YAML", "application-prod.yml", "spring:\n  datasource:\n    username: app\n    password: @@\n", [PLAIN, Human, TOKEN], &["${DB_PASSWORD}", "'{cipher}f1e2d3c4b5a697887766554433221100'", "ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)", "changeme"];
    "Spring key", "application.yml", "jwt:\n  secret: @@\n", [TOKEN, HEX], YAML;
    "Rails database", "config/database.yml", "production:\n  adapter: postgresql\n  username: app\n  password: @@\n", [PLAIN, Human, TOKEN], &["<%= ENV[\"DB_PASSWORD\"] %>", "${DB_PASSWORD}", ""];
    "Rails secrets", "config/secrets.yml", "production:\n  secret_key_base: @@\n", [Text("${hex:128}")], &["<%= ENV[\"SECRET_KEY_BASE\"] %>", ""];
    "Rails master key", "config/master.key", "@@", [Text("${hex:32}")], &["", "<key>"];
    "Rails environment key", "config/credentials/production.key", "@@\n", [Text("${hex:32}")], &[""];
    "Django", "settings.py", "DEBUG = False\nSECRET_KEY = '@@'\n", [Text("${base62:20}!@#${base62:27}"), TOKEN], &["changeme", "", "<secret>"];
    "Django, insecure", "mysite/settings.py", "DATABASES = {'default': {'USER': 'app', 'PASSWORD': '@@', 'HOST': 'db'}}\n", [PASSWORD, PLAIN, Human], &["changeme", "", "<password>"];
    "Laravel", ".env", "APP_KEY=base64:@@\n", [Text("${base64:43}=")], &["", "${APP_KEY}"];
    "Symfony", ".env.local", "APP_SECRET=@@\n", [Text("${hex:32}")], &["", "ThisTokenIsNotSoSecretChangeIt", "${APP_SECRET}"];
    "WordPress", "wp-config.php", "<?php\ndefine( 'DB_USER', 'wp' );\ndefine( 'DB_PASSWORD', '@@' );\n", [PASSWORD, PLAIN, Human], &["password_here", "", "changeme"];
    "WordPress salts", "wp-config.php", "define( 'AUTH_KEY',         '@@' );\n", [Text("${base62:30}!;*${base62:31}")], &["put your unique phrase here", ""];
    "Joomla", "configuration.php", "class JConfig {\n\tpublic $password = '@@';\n}\n", [PASSWORD, PLAIN], &["", "changeme"];
    "Drupal", "sites/default/settings.php", "$databases['default']['default'] = ['username' => 'app', 'password' => '@@', 'host' => 'db'];\n", [PASSWORD, PLAIN, Human], &["", "changeme"];
    "ASP.NET", "appsettings.json", "{\n  \"Jwt\": { \"Key\": \"@@\", \"Issuer\": \"acme\" }\n}\n", [Text("${base62:48}")], &["", "<key>"];
    "Phoenix", "config/prod.exs", "config :app, AppWeb.Endpoint,\n  secret_key_base: \"@@\"\n", [Text("${base64:64}")], &["", "<secret>"];
    "Grafana", "grafana.ini", "[security]\nadmin_user = admin\nadmin_password = @@\n", [PLAIN, Human, TOKEN], &["$__file{/run/secrets/admin}", "${ADMIN_PASSWORD}", "admin"];
    "PHP", "config.php", "<?php\n$config['db_pass'] = '@@';\n", [PASSWORD, PLAIN, Human], &["", "changeme"];
    "Tomcat", "conf/tomcat-users.xml", "<tomcat-users>\n  <user username=\"admin\" password=\"@@\" roles=\"manager-gui\"/>\n</tomcat-users>\n", [PASSWORD, PLAIN, Human], &["", "${tomcat.password}", "<must-be-changed>"];
    "FileZilla", "sitemanager.xml", "<Server>\n  <Host>ftp.acme.io</Host>\n  <User>deploy</User>\n  <Pass encoding=\"base64\">@@</Pass>\n</Server>\n", [Base64("${base62:18}")], &[""];
    "VS Code SFTP", ".vscode/sftp.json", "{\n  \"host\": \"acme.io\",\n  \"username\": \"deploy\",\n  \"password\": \"@@\"\n}\n", [PASSWORD, PLAIN, Human], QUOTED;
    "rclone", "rclone.conf", "[s3]\ntype = s3\nsecret_access_key = @@\n", [Text("${base64:40}")], &["", "${SECRET}"];
    "s3cmd", ".s3cfg", "[default]\nsecret_key = @@\n", [Text("${base64:40}")], &["", "<secret>"];
    "msmtp", ".msmtprc", "account acme\nhost smtp.acme.io\nuser ci\npassword @@\n", [PASSWORD, PLAIN], &["<password>"];
    "mutt", ".muttrc", "set imap_pass = \"@@\"\n", [PASSWORD, PLAIN], &["`pass mail`", ""];
    "irssi", ".irssi/config", "servers = ( { address = \"irc.acme.io\"; password = \"@@\"; } );\n", [PASSWORD, PLAIN], &["", "<password>"];
    // Servers and databases.
    "htpasswd", ".htpasswd", "admin:@@\n", [Of("htpasswd-hash")], &["<hash>"];
    "pgpass", ".pgpass", "db.acme.io:5432:app:app:@@\n", [PASSWORD, PLAIN, Human], &["${PASSWORD}", "<password>"];
    "my.cnf", ".my.cnf", "[client]\nuser=app\npassword=@@\n", [PLAIN, Human, Text("\"${base62:8}#${base62:8}\"")], &["${MYSQL_PASSWORD}", "<your password>", ""];
    "Redis", "redis.conf", "bind 127.0.0.1\nrequirepass @@\n", [PASSWORD, TOKEN], &["foobared", "<password>"];
    "LDAP", "slapd.conf", "rootdn \"cn=admin,dc=acme\"\nrootpw @@\n", [PLAIN], &["{SSHA}<hash>"];
    "WireGuard", "wg0.conf", "[Interface]\nPrivateKey = @@\nAddress = 10.0.0.2/32\n", [Of("wireguard-private-key")], &["<private key>", "${WG_KEY}"];
    "WireGuard, preshared", "wg0.conf", "[Peer]\nPublicKey = x\nPresharedKey = @@\n", [Of("wireguard-private-key")], &["<key>", "${PSK}"];
    "OpenVPN key", "client.ovpn", "client\nremote vpn.acme.io\n<key>\n@@\n</key>\n", [Of("private-key-pkcs8")], &["-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"];
    "OpenVPN static key", "ta.key", "-----BEGIN OpenVPN Static key V1-----\n@@-----END OpenVPN Static key V1-----\n", [Of("openvpn-static-key")], &["...\n"];
    "OpenVPN user", "client.ovpn", "<auth-user-pass>\ndeploy\n@@\n</auth-user-pass>\n", [PLAIN, Human], &["<password>"];
    "IPsec", "ipsec.secrets", "203.0.113.7 %any : PSK \"@@\"\n", [PASSWORD, PLAIN], &["", "<secret>"];
    "wpa_supplicant", "wpa_supplicant.conf", "network={\n\tssid=\"acme\"\n\tpsk=\"@@\"\n}\n", [PASSWORD, PLAIN, Human], &["<password>", ""];
    "Wi-Fi", "acme.nmconnection", "[wifi-security]\nkey-mgmt=wpa-psk\npsk=@@\n", [PASSWORD, PLAIN, Human], &["<password>"];
    "switch", "switch.cfg", "username admin privilege 15 password 0 @@\n", [PLAIN], &["<password>"];
    // Keys.
    "SSH key", ".ssh/id_ed25519", "@@\n", [Of("private-key-openssh")], &["-----BEGIN OPENSSH PRIVATE KEY-----\n...\n-----END OPENSSH PRIVATE KEY-----"];
    "RSA key", "server.key", "@@\n", [Of("private-key-rsa"), Of("private-key-ec"), Of("private-key-pkcs8")], &[
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AABBCCDDEEFF00112233445566778899\n\nMIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQ==\n-----END RSA PRIVATE KEY-----"];
    "PGP key", "secret.asc", "@@\n", [Of("private-key-pgp")], &["-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBF\n-----END PGP PUBLIC KEY BLOCK-----"];
    "PuTTY key", "deploy.ppk", "@@\n", [Of("private-key-putty")], &["PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: key\n"];
    "age key", "keys.txt", "# created: 2026-01-01T00:00:00Z\n@@\n", [Of("age-secret-key")], &["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudjsnpvsqxxxxx"];
    "JWK", "jwks.json", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"x\",\"y\":\"y\",\"d\":\"@@\"}]}\n", [Text("${base64url:43}")], &[""];
    "JWK, symmetric", "jwk.json", "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"@@\"}\n", [Text("${base64url:43}")], &["", "..."];
    "NKEY", "user.creds", "-----BEGIN USER NKEY SEED-----\n@@\n------END USER NKEY SEED------\n", [Of("nkey-seed")], &["..."];
    "NKEY alone", "seed.nk", "@@\n", [Of("nkey-seed")], &["..."];
    // Shells.
    "bash history", ".bash_history", "cd app\nmysql -h db.acme.io -u app -p@@ app\nls\n", [PLAIN, Human, TOKEN], &["$DB_PASSWORD", ""];
    "bash history, export", ".bash_history", "export AWS_SECRET_ACCESS_KEY=@@\n", [Text("${base64:40}")], &["$(pass aws)", "$KEY"];
    "zsh history", ".zsh_history", ": 1700000000:0;export API_TOKEN=@@\n", [TOKEN, HEX], &["$TOKEN", "$(pass token)"];
    "zsh history, sshpass", ".zsh_history", ": 1700000000:0;sshpass -p '@@' ssh root@acme.io\n", [PASSWORD, PLAIN, Human], &["$PASS"];
    "fish history", ".local/share/fish/fish_history", "- cmd: curl -u deploy:@@ https://api.acme.io/v1\n  when: 1700000000\n", [PLAIN, TOKEN], &["$PASS"];
    "psql history", ".psql_history", "ALTER ROLE app WITH PASSWORD '@@';\n", [PASSWORD, PLAIN, Human], &["$PASSWORD", "<password>"];
    "docker login", "deploy.sh", "docker login -u ci -p @@ registry.acme.io\n", [PLAIN, TOKEN], &["$PASSWORD", "\"$(cat password)\""];
    "net use", "mount.bat", "net use Z: \\\\server\\share /user:deploy @@\r\n", [PLAIN], &["%PASSWORD%"];
    "runas flag", "backup.sh", "app backup --user deploy --password @@ --host db\n", [PLAIN, TOKEN, Human], &["$PASSWORD", "\"${PASSWORD}\""];
    // HTTP.
    "bearer in Python", "client.py", "headers = {\"Authorization\": \"Bearer @@\"}\n", [TOKEN, HEX, UUID], &["{token}", "<token>", "YOUR_TOKEN", "\" + token + \""];
    "bearer in JavaScript", "client.js", "const headers = { Authorization: `Bearer @@` };\n", [TOKEN, HEX], &["${token}", "<token>"];
    "bearer in Go", "client.go", "req.Header.Set(\"Authorization\", \"Bearer @@\")\n", [TOKEN, HEX], &["<token>", "\" + token + \""];
    "bearer in Java", "Client.java", "request.addHeader(\"Authorization\", \"Bearer @@\");\n", [TOKEN, HEX], &["\" + token + \""];
    "bearer in C#", "Client.cs", "client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(\"Bearer\", \"@@\");\n", [TOKEN, HEX], &["<token>"];
    "basic in code", "client.rb", "req['Authorization'] = 'Basic @@'\n", [PAIR], &["#{auth}", "<base64>"];
    "basic pair in code", "client.py", "requests.get(url, auth=(\"deploy\", \"@@\"))\n", [PASSWORD, PLAIN], &["", "<password>"];
    "API key header", "client.ts", "fetch(url, { headers: { \"X-API-Key\": \"@@\" } });\n", [TOKEN, HEX], &["${key}", "<key>"];
    "curl", "run.sh", "curl -H \"Authorization: Bearer @@\" https://api.acme.io/v1\n", [TOKEN, HEX], &["$TOKEN", "${TOKEN}", "$(cat token)"];
    "curl user", "run.sh", "curl -sS --user 'deploy:@@' https://api.acme.io/v1\n", [PASSWORD, PLAIN, Human], &["$PASS"];
    "curl key header", "run.sh", "curl -H 'X-Api-Key: @@' https://api.acme.io/v1\n", [TOKEN, HEX], &["$KEY"];
    "curl data", "run.sh", "curl -d 'client_id=web&client_secret=@@&grant_type=client_credentials' https://auth.acme.io/token\n", [TOKEN, HEX], &["$SECRET", "${SECRET}"];
    "HTTP file", "api.http", "GET https://api.acme.io/v1\nAuthorization: Bearer @@\nAccept: application/json\n", [TOKEN, HEX], &["{{token}}", "<token>"];
    "HAR", "session.har", "{\"log\":{\"entries\":[{\"request\":{\"headers\":[{\"name\":\"Authorization\",\"value\":\"Bearer @@\"}]}}]}}\n", [TOKEN, HEX, UUID], &["", "REDACTED"];
    "HAR, pretty", "session.har", "        {\n          \"name\": \"Authorization\",\n          \"value\": \"Bearer @@\"\n        },\n", [TOKEN, HEX], &["", "REDACTED"];
    "HAR key", "session.har", "{\"name\": \"x-api-key\", \"value\": \"@@\"}\n", [TOKEN, HEX], &["", "REDACTED"];
    "HAR cookie", "session.har", "{\"name\": \"Cookie\", \"value\": \"lang=en; sessionid=@@; theme=dark\"}\n", [Text("${base62:32}"), Text("${hex:40}")], &["", "REDACTED"];
    "HAR form", "session.har", "{\"postData\": {\"params\": [{\"name\": \"password\", \"value\": \"@@\"}]}}\n", [PASSWORD, PLAIN, Human], &["", "REDACTED"];
    "Postman collection", "acme.postman_collection.json", "{\"auth\": {\"type\": \"bearer\", \"bearer\": [{\"key\": \"token\", \"value\": \"@@\", \"type\": \"string\"}]}}\n", [TOKEN, HEX], &["{{token}}", ""];
    // URLs.
    "https", "links.txt", "https://deploy:@@@api.acme.io/v1\n", [PLAIN, Human], &["${PASSWORD}", "<password>", "password", "***"];
    "postgres", "app.conf", "url = postgresql+asyncpg://app:@@@db.acme.io:5432/app\n", [PLAIN, Human], &["${PASSWORD}", "<password>", "password"];
    "mysql", "app.conf", "mysql://app:@@@db.acme.io/app\n", [PLAIN, Human], &["${PASSWORD}"];
    "redis", "app.conf", "rediss://:@@@cache.acme.io:6380/0\n", [PLAIN, TOKEN], &["${PASSWORD}"];
    "amqp", "app.conf", "amqps://app:@@@mq.acme.io/prod\n", [PLAIN, Human], &["${PASSWORD}", "guest"];
    "ftp", "app.conf", "sftp://deploy:@@@files.acme.io/www\n", [PLAIN, Human], &["${PASSWORD}"];
    "smtp", "app.conf", "smtps://mailer:@@@smtp.acme.io:465\n", [PLAIN, Human], &["${PASSWORD}"];
    "ldap", "app.conf", "ldaps://cn=admin:@@@ldap.acme.io\n", [PLAIN], &["${PASSWORD}"];
    "a scheme of one's own", "app.conf", "acmedb+tls://app:@@@db.acme.io:7777\n", [PLAIN], &["${PASSWORD}"];
    "proxy", "app.conf", "https_proxy=http://ci:@@@proxy.acme.io:3128\n", [PLAIN, Human], &["${PASSWORD}"];
    "jdbc", "app.conf", "jdbc:postgresql://db.acme.io:5432/app?user=app&password=@@\n", [PLAIN, Human], &["${PASSWORD}"];
    "token in a query", "app.conf", "https://api.acme.io/v1/items?access_token=@@&page=2\n", [TOKEN, HEX], &["${TOKEN}", "<token>"];
    // Connections in code.
    "C#, password first", "Db.cs", "var s = \"Password=@@;Server=db.acme.io;Database=app;User Id=app\";\n", [PLAIN, Human], &["${PASSWORD}", "<password>", "{password}"];
    "C#, connection string", "Db.cs", "var s = \"Server=db.acme.io;Database=app;User Id=app;Password=@@;\";\n", [PLAIN, Human], &["${PASSWORD}", "<password>", "\" + password + \"", "{0}"];
    "libpq keywords", "db.py", "conn = psycopg2.connect(\"host=db.acme.io dbname=app user=app password=@@\")\n", [PLAIN, Human], &["${PASSWORD}", "<password>", "%s", "{password}"];
    "Go data source name", "db.go", "db, err := sql.Open(\"mysql\", \"app:@@@tcp(db.acme.io:3306)/app\")\n", [PLAIN, Human], &["%s", "${PASSWORD}", "<password>"];
    "Oracle, JDBC", "Db.java", "String url = \"jdbc:oracle:thin:app/@@@db.acme.io:1521:orcl\";\n", [PLAIN, Human], &["${PASSWORD}", "<password>"];
    "sqlplus", "report.sh", "sqlplus -s app/@@@db.acme.io:1521/orcl @report.sql\n", [PLAIN, Human], &["$PASSWORD", "${PASSWORD}", "<password>"];
    "DriverManager", "Db.java", "Connection c = DriverManager.getConnection(\"jdbc:postgresql://db.acme.io/app\", \"app\", \"@@\");\n", [PASSWORD, PLAIN, Human], &["", "<password>", "password"];
    "PDO", "db.php", "<?php $pdo = new PDO('mysql:host=db.acme.io;dbname=app', 'app', '@@');\n", [PASSWORD, PLAIN, Human], &["", "<password>", "password"];
    "mysqli", "db.php", "<?php $c = mysqli_connect(\"db.acme.io\", \"app\", \"@@\", \"app\");\n", [PASSWORD, PLAIN, Human], &["", "secret", "$password"];
    "DBI", "db.pl", "my $dbh = DBI->connect(\"DBI:mysql:database=app\", \"app\", \"@@\");\n", [PASSWORD, PLAIN, Human], &["", "$password"];
    "SMTP", "mail.py", "server.login(\"ci@acme.io\", \"@@\")\n", [PASSWORD, PLAIN, Human], &["<password>", "your-password", "password"];
    "Oracle account", "users.sql", "ALTER USER app IDENTIFIED BY @@;\n", [PLAIN, Human], &["&password", "password", "<password>"];
    "Oracle link", "link.sql", "CREATE DATABASE LINK hq CONNECT TO app IDENTIFIED BY @@ USING 'hq';\n", [PLAIN], &["&password", "VALUES"];
    "PowerShell secure string", "deploy.ps1", "$p = ConvertTo-SecureString \"@@\" -AsPlainText -Force\n", [PASSWORD, PLAIN, Human], &["$password", "<password>", "${env:PASSWORD}"];
    "HTTPie", "run.sh", "http -a deploy:@@ https://api.acme.io/v1\n", [PLAIN, Human], &["$PASSWORD", "<password>"];
    // Wallets.
    "Ethereum", ".env", "PRIVATE_KEY=@@\n", [Of("ethereum-private-key")], &["${PRIVATE_KEY}", "0x0000000000000000000000000000000000000000000000000000000000000001"];
    "Bitcoin", "wallet.py", "bitcoin_private_key = \"@@\"\n", [Of("bitcoin-wif-key")], &["${KEY}", ""];
    "extended key", "wallet.json", "{\"master\": \"@@\"}\n", [Of("bip32-private-key")], &["", "xprv..."];
    "recovery phrase", "hardhat.config.js", "const mnemonic = \"@@\";\n", [Of("wallet-recovery-phrase")], &[
        "test test test test test test test test test test test junk", "", "these words are only here for the sake of a longer text"];
    "Solana", "id.json", "@@", [Of("solana-keypair")], &["[]", "[0,0,0,0]"];
    "Nostr", "nostr.yaml", "nsec: @@\n", [Of("nostr-secret-key")], &["nsec1...", "\"\""];
    "Grafana key, old", "grafana.yaml", "token: @@\n", [Of("grafana-api-key")], &["<token>", "\"\""];
    // Secret stores.
    "AWS Secrets Manager", "put.sh", "aws secretsmanager put-secret-value --secret-id prod/app \\\n  --secret-string '@@'\n", [TOKEN, PLAIN, Human], &["$VALUE", "${VALUE}", "file://value.json", "<value>"];
    "AWS Parameter Store", "put.sh", "aws ssm put-parameter --name /app/x --type SecureString --value @@ --overwrite\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "file://value", "<value>"];
    "AWS Parameter Store, value first", "put.sh", "aws ssm put-parameter --value @@ --name /app/x --type SecureString\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "<value>"];
    "Vault", "put.sh", "vault kv put -mount=secret app user=ci value=@@\n", [TOKEN, PLAIN, Human], &["@value.txt", "-", "\"$VALUE\"", "<value>"];
    "Google Secret Manager", "put.sh", "echo -n \"@@\" | gcloud secrets versions add app --data-file=-\n", [TOKEN, PLAIN, Human], &["$VALUE", "${VALUE}", "<value>"];
    "Azure Key Vault", "put.sh", "az keyvault secret set --vault-name acme --name app --value '@@'\n", [TOKEN, PLAIN, Human], &["$VALUE", "<value>"];
    "kubectl", "put.sh", "kubectl create secret generic app --from-literal=user=ci --from-literal=value=@@\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "<value>", "changeme"];
    "GitHub secret", "put.sh", "gh secret set DEPLOY --repo acme/app --body @@\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "<value>"];
    "Heroku", "put.sh", "heroku config:set SESSION_SECRET=@@ -a acme\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "<value>"];
    "Fly", "put.sh", "fly secrets set SESSION=@@\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "<value>"];
    "Wrangler", "put.sh", "echo @@ | npx wrangler secret put SESSION\n", [TOKEN, PLAIN, Human], &["\"$VALUE\"", "$(cat value)", "<value>"];
    "user secrets of .NET", "put.sh", "dotnet user-secrets set \"Db:Pw\" \"@@\"\n", [TOKEN, PLAIN, Human], &["$VALUE", "<value>"];
    // Notebooks.
    "notebook source", "train.ipynb", "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\n    \"api_key = \\\"@@\\\"\\n\",\n    \"print(1)\"\n]}]}\n", [TOKEN, HEX], &["<key>", "", "YOUR_API_KEY"];
    "notebook output", "train.ipynb", "{\"cells\": [{\"outputs\": [{\"output_type\": \"stream\", \"text\": [\n    \"Password: @@\\n\"\n]}]}]}\n", [PLAIN, TOKEN], &["********", ""];
    "notebook output, environment", "train.ipynb", "{\"outputs\": [{\"data\": {\"text/plain\": [\n    \"environ{'API_TOKEN': '@@',\\n\"\n]}}]}\n", [TOKEN, HEX], &["********", ""];
    "notebook, shell", "train.ipynb", "{\"source\": [\"!export HF_API_TOKEN=@@\\n\"]}\n", [TOKEN, HEX], &["$TOKEN", "<token>"];
];

/// How many secrets of each kind are tried.
const ROUNDS: usize = 3;

struct Maker<'r> {
    set: &'r RuleSet,
    random: Generator<'r>,
}

impl Maker<'_> {
    fn make(&mut self, value: Value) -> String {
        let set = self.set;
        let mut of = |id: &str| {
            let rule = set.get(id).unwrap_or_else(|| panic!("no rule is called {id}"));
            self.random.secret(rule).unwrap()
        };
        match value {
            Of(rule) => of(rule),
            EscapedOf(rule) => of(rule).replace('\n', "\\n"),
            Base64Of(rule) => BASE64.encode(of(rule).as_bytes()),
            Text(template) => self.expand(template),
            Base64(template) => BASE64.encode(self.expand(template).as_bytes()),
            Human => {
                let number: usize = self.expand("${digits:4}").parse().unwrap();
                let word = ["Summer", "Dragon", "Monday", "Winter", "Shadow", "Banana"][number % 6];
                format!("{word}{}{}", 2000 + number % 26, ["!", "?", "!!", ""][number / 7 % 4])
            }
        }
    }

    fn expand(&mut self, template: &str) -> String {
        self.random.expand(self.set.rules()[0], template).unwrap().text
    }
}

#[test]
fn every_form_blocks_with_a_secret_and_not_without() {
    let set = RuleSet::builtin();
    let mut maker = Maker { set: &set, random: Generator::with_seed(&set, 20_261_123) };
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("forms"));
    // The path, and the line that has to block.
    let mut wanted: Vec<(String, Option<usize>, &str)> = Vec::new();
    for (number, file) in FILES.iter().enumerate() {
        assert!(file.text.contains("@@"), "{}", file.name);
        let (before, after) = file.text.split_once("@@").unwrap();
        for (kind, secret) in file.secrets.iter().enumerate() {
            for round in 0..ROUNDS {
                let path = format!("{number}-{kind}-{round}/{}", file.path);
                dir.write(&path, format!("{before}{}{after}", maker.make(*secret)));
                wanted.push((path, Some(before.matches('\n').count() + 1), file.name));
            }
        }
        for (kind, harmless) in file.harmless.iter().enumerate() {
            let path = format!("{number}-none-{kind}/{}", file.path);
            dir.write(&path, format!("{before}{harmless}{after}"));
            wanted.push((path, None, file.name));
        }
    }
    let run = dir.shield(&["scan", "--format", "json", "--no-ignore", "--quiet"]).expect(1);
    let blocking = run.blocking();
    let (mut wrong, mut unlucky) = (Vec::new(), Vec::new());
    let (mut secrets, mut found) = (0, 0);
    for (path, line, name) in &wanted {
        let prefix = format!("{path}:");
        let here: Vec<&str> = blocking.iter().filter_map(|b| b.strip_prefix(&prefix)).collect();
        secrets += usize::from(line.is_some());
        match line {
            Some(line) if here.iter().any(|h| h.starts_with(&format!("{line} "))) => found += 1,
            Some(line) => unlucky.push((*name, format!("{name}: {path}:{line} is not found; found: {here:?}"))),
            None if here.is_empty() => {}
            None => wrong.push(format!("{name}: {path} is found: {here:?}")),
        }
    }
    println!("{} kinds of files: {found} of {secrets} secrets found, {} harmless", FILES.len(), wanted.len() - secrets);
    // Where a model judges by likeness to words, one random value in some hundreds looks like words; never two of a kind.
    unlucky.sort();
    let few = unlucky.len() * 200 <= secrets && unlucky.windows(2).all(|two| two[0].0 != two[1].0);
    if !few {
        wrong.extend(unlucky.into_iter().map(|(_, what)| what));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
