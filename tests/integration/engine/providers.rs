//! The formats in which providers issue credentials, each made from its description, beside its name and bare.
//!
//! The samples do not come from the rules: a rule whose regex is wrong cannot pass by matching its own mistakes. Only
//! checksums and key files are made by `rule::checksum`, which has its own tests.

use std::collections::BTreeMap;

use crate::support::Sandbox;
use shield_hook::rule::generate::Generator;
use shield_hook::rule::{RuleSet, checksum};

/// Where a token of some form has to block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Anywhere, with nothing that says whose it is.
    Bare,
    /// Beside a name; the form itself says too little.
    Named,
}
use Found::{Bare, Named};

/// One form: its name, the name that goes with it, a template (see rules/README.md), the proof that it carries, where it
/// is found, and by which rules.
type Form = (&'static str, &'static str, &'static str, &'static str, Found, &'static [&'static str]);

#[rustfmt::skip]
const FORMS: &[Form] = &[
    // Code hosts.
    ("GitHub classic token", "GITHUB_TOKEN", "ghp_${base62:36}", "crc32-base62", Bare, &["github-personal-access-token"]),
    ("GitHub OAuth", "GITHUB_TOKEN", "gho_${base62:36}", "crc32-base62", Bare, &["github-oauth-token"]),
    ("GitHub app installation", "GITHUB_TOKEN", "ghs_${base62:36}", "crc32-base62", Bare, &["github-app-installation-token"]),
    ("GitHub refresh", "GITHUB_TOKEN", "ghr_${base62:76}", "crc32-base62", Bare, &["github-refresh-token"]),
    ("GitHub fine-grained", "GITHUB_TOKEN", "github_pat_${base62:22}_${base62:59}", "", Bare, &["github-fine-grained-token"]),
    ("GitLab", "GITLAB_TOKEN", "glpat-${base64url:20}", "", Bare, &["gitlab-personal-access-token"]),
    ("GitLab routable", "GITLAB_TOKEN", "glpat-${base64url:38}.01.${base62:9}", "gitlab-routable", Bare, &["gitlab-routable-token"]),
    ("GitLab runner", "RUNNER_TOKEN", "glrt-${base64url:20}", "", Bare, &["gitlab-runner-token"]),
    ("GitLab deploy token", "DEPLOY_TOKEN", "gldt-${base64url:20}", "", Bare, &["gitlab-deploy-token"]),
    ("GitLab trigger", "TRIGGER_TOKEN", "glptt-${hex:40}", "", Bare, &["gitlab-trigger-token"]),
    ("Bitbucket app password", "BITBUCKET_PASSWORD", "ATBB${base62:24}${HEX:8}", "crc32-hex-upper", Bare, &["bitbucket-app-password"]),
    ("Atlassian API token", "JIRA_TOKEN", "ATATT3xFfGF0${base64url:171}=${HEX:8}", "crc32-hex-upper", Bare, &["atlassian-api-token"]),
    // Package registries.
    ("npm", "NPM_TOKEN", "npm_${base62:36}", "crc32-base62", Bare, &["npm-access-token"]),
    ("npm, a UUID", "//registry.example/:_authToken", "${uuid}", "", Named, &["npm-registry-auth-token"]),
    ("PyPI", "TWINE_PASSWORD", "pypi-AgEIcHlwaS5vcmc${base64url:150}", "macaroon", Bare, &["pypi-api-token"]),
    ("RubyGems", "GEM_HOST_API_KEY", "rubygems_${hex:48}", "", Bare, &["rubygems-api-key"]),
    ("Cargo registry", "CARGO_REGISTRY_TOKEN", "cio${base62:32}", "", Bare, &["crates-io-api-token"]),
    ("NuGet", "NUGET_API_KEY", "oy2${base32lower:43}", "", Bare, &["nuget-api-key"]),
    ("Docker Hub", "DOCKER_TOKEN", "dckr_pat_${base64url:27}", "", Bare, &["docker-hub-personal-token"]),
    ("Docker Hub organisation", "DOCKER_TOKEN", "dckr_oat_${base64url:32}", "", Bare, &["docker-hub-organization-token"]),
    ("Clojars", "CLOJARS_PASSWORD", "CLOJARS_${hex:60}", "", Bare, &["clojars-deploy-token"]),
    ("JFrog", "ARTIFACTORY_TOKEN", "AKCp${base62:69}", "", Bare, &["jfrog-api-key"]),
    // Clouds.
    ("AWS access key id with its secret", "aws", "@aws", "", Bare, &["aws-key-pair", "aws-key-pair-reversed", "aws-secret-access-key", "aws-access-key-id"]),
    ("AWS secret key", "AWS_SECRET_ACCESS_KEY", "${base64:40}", "", Named, &["aws-secret-access-key"]),
    ("AWS Bedrock", "AWS_BEARER_TOKEN_BEDROCK", "ABSKQmVkcm9ja0FQSUtleS${base64:110}", "aws-bedrock", Bare, &["aws-bedrock-api-key"]),
    ("Google API key", "GOOGLE_API_KEY", "AIza${base64url:35}", "", Bare, &["google-api-key"]),
    ("Google service account", "credentials", "@service-account", "", Bare, &["gcp-service-account-key"]),
    ("Google OAuth client", "GOOGLE_CLIENT_SECRET", "GOCSPX-${base64url:28}", "", Bare, &["google-oauth-client-secret"]),
    ("Azure storage", "AZURE_STORAGE_KEY", "${base64:76}+ASt${base64:6}==", "marvin32", Bare, &["azure-storage-account-key"]),
    ("Azure client secret", "AZURE_CLIENT_SECRET", "${base62:3}8Q~${base62:34}", "", Bare, &["azure-entra-client-secret"]),
    ("Azure annotated key", "AZURE_OPENAI_KEY", "${base62:52}JQQJ99BC${base62:4}AAAA${base62:8}ACOG${base62:4}", "", Bare, &["azure-common-annotated-key"]),
    ("Azure DevOps", "AZURE_DEVOPS_PAT", "${base62:52}JQQJ99BC${base62:4}AAAA${base62:8}AZDO${base62:4}", "", Bare, &["azure-devops-token", "azure-common-annotated-key"]),
    ("Azure DevOps, 52 letters", "AZURE_DEVOPS_PAT", "${base32lower:52}", "azure-devops", Named, &["azure-devops-legacy-token"]),
    ("DigitalOcean", "DIGITALOCEAN_TOKEN", "dop_v1_${hex:64}", "", Bare, &["digitalocean-personal-token"]),
    ("Cloudflare, 40 letters", "CLOUDFLARE_API_TOKEN", "${base64url:40}", "", Named, &["cloudflare-api-token"]),
    ("Cloudflare", "CLOUDFLARE_API_TOKEN", "cfut_${base62:40}${hex:8}", "crc32-hex", Bare, &["cloudflare-scannable-token"]),
    ("Alibaba id with its secret", "alibaba", "LTAI${base62:20} ${base62:30}", "", Bare, &["alibaba-cloud-key-pair", "alibaba-cloud-access-key-secret"]),
    ("Heroku", "HEROKU_API_KEY", "HRKU-AA${base64url:58}", "", Bare, &["heroku-api-token"]),
    ("Fly.io", "FLY_API_TOKEN", "fo1_${base64url:43}", "", Bare, &["fly-io-access-token"]),
    ("Vercel", "VERCEL_TOKEN", "vcp_${base62:56}", "", Bare, &["vercel-access-token"]),
    ("Netlify", "NETLIFY_AUTH_TOKEN", "nfp_${base62:36}", "", Bare, &["netlify-access-token"]),
    ("Supabase", "SUPABASE_ACCESS_TOKEN", "sbp_${hex:40}", "", Bare, &["supabase-access-token"]),
    ("PlanetScale", "PLANETSCALE_TOKEN", "pscale_tkn_${base64url:43}", "", Bare, &["planetscale-service-token"]),
    ("Databricks", "DATABRICKS_TOKEN", "dapi${hex:32}", "", Bare, &["databricks-personal-access-token"]),
    ("Vault", "VAULT_TOKEN", "hvs.${base64url:95}", "", Bare, &["vault-service-token"]),
    ("Terraform Cloud", "TFE_TOKEN", "${base62:14}.atlasv1.${base62:67}", "", Bare, &["terraform-cloud-api-token"]),
    ("Pulumi", "PULUMI_ACCESS_TOKEN", "pul-${hex:40}", "", Bare, &["pulumi-access-token"]),
    ("Doppler", "DOPPLER_TOKEN", "dp.pt.${base62:43}", "", Bare, &["doppler-personal-token"]),
    ("Tailscale", "TS_AUTHKEY", "tskey-auth-k${base62:11}CNTRL-${base62:32}", "", Bare, &["tailscale-auth-key"]),
    // AI.
    ("OpenAI project", "OPENAI_API_KEY", "sk-proj-${base64url:74}T3BlbkFJ${base64url:74}", "", Bare, &["openai-project-key"]),
    ("OpenAI", "OPENAI_API_KEY", "sk-${base62:20}T3BlbkFJ${base62:20}", "", Bare, &["openai-legacy-key"]),
    ("OpenAI service account", "OPENAI_API_KEY", "sk-svcacct-${base64url:74}T3BlbkFJ${base64url:74}", "", Bare, &["openai-project-key"]),
    ("Anthropic", "ANTHROPIC_API_KEY", "sk-ant-api03-${base64url:93}AA", "", Bare, &["anthropic-api-key"]),
    ("Anthropic admin", "ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-${base64url:93}AA", "", Bare, &["anthropic-admin-key"]),
    ("Anthropic OAuth", "CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-${base64url:93}AA", "", Bare, &["anthropic-oauth-token"]),
    ("Hugging Face", "HF_TOKEN", "hf_${letters:34}", "", Bare, &["huggingface-access-token"]),
    ("Groq", "GROQ_API_KEY", "gsk_${base62:20}WGdyb3FY${base62:24}", "", Bare, &["groq-api-key"]),
    ("xAI", "XAI_API_KEY", "xai-${base62:80}", "", Bare, &["xai-api-key"]),
    ("Perplexity", "PERPLEXITY_API_KEY", "pplx-${base62:48}", "", Bare, &["perplexity-api-key"]),
    ("OpenRouter", "OPENROUTER_API_KEY", "sk-or-v1-${hex:64}", "", Bare, &["openrouter-api-key"]),
    ("DeepSeek", "DEEPSEEK_API_KEY", "sk-${hex:32}", "", Bare, &["deepseek-api-key"]),
    ("Mistral", "MISTRAL_API_KEY", "${base62:32}", "", Named, &["mistral-api-key"]),
    ("Cohere", "COHERE_API_KEY", "${base62:40}", "", Named, &["cohere-api-key"]),
    ("Replicate", "REPLICATE_API_TOKEN", "r8_${base62:37}", "", Bare, &["replicate-api-token"]),
    ("ElevenLabs", "ELEVENLABS_API_KEY", "sk_${hex:48}", "", Bare, &["elevenlabs-api-key"]),
    ("LangSmith", "LANGSMITH_API_KEY", "lsv2_pt_${hex:32}_${hex:10}", "", Bare, &["langsmith-personal-token"]),
    ("Pinecone", "PINECONE_API_KEY", "pcsk_${base62:5}_${base62:63}", "", Bare, &["pinecone-api-key"]),
    ("Tavily", "TAVILY_API_KEY", "tvly-dev-${base62:32}", "", Bare, &["tavily-api-key"]),
    ("NVIDIA", "NVIDIA_API_KEY", "nvapi-${base64url:64}", "", Bare, &["nvidia-api-key"]),
    ("Weights & Biases", "WANDB_API_KEY", "${hex:40}", "", Named, &["weights-and-biases-api-key"]),
    ("Fireworks", "FIREWORKS_API_KEY", "fw_${base62:24}", "", Bare, &["fireworks-ai-api-key"]),
    ("Voyage", "VOYAGE_API_KEY", "pa-${base64url:43}", "", Bare, &["voyage-ai-api-key"]),
    // Services.
    ("Slack bot", "SLACK_BOT_TOKEN", "xoxb-2${digits:11}-2${digits:12}-${base62:24}", "", Bare, &["slack-bot-token"]),
    ("Slack user", "SLACK_USER_TOKEN", "xoxp-2${digits:11}-2${digits:11}-2${digits:12}-${hex:32}", "", Bare, &["slack-user-token"]),
    ("Slack app", "SLACK_APP_TOKEN", "xapp-1-A0${HEX:9}-2${digits:12}-${hex:64}", "", Bare, &["slack-app-token"]),
    ("Slack webhook", "SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T0${HEX:8}/B0${HEX:9}/${base62:24}", "", Bare, &["slack-webhook-url"]),
    ("Slack configuration", "SLACK_CONFIG_TOKEN", "xoxe.xoxp-1-${base62:163}", "", Bare, &["slack-configuration-token"]),
    ("Discord bot", "DISCORD_TOKEN", "${base62:24}.${base64url:6}.${base64url:38}", "discord-snowflake", Named, &["discord-bot-token"]),
    ("Discord webhook", "DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1${digits:17}/${base64url:68}", "", Bare, &["discord-webhook"]),
    ("Telegram bot", "TELEGRAM_BOT_TOKEN", "5${digits:9}:AA${base64url:33}", "", Bare, &["telegram-bot-token"]),
    ("Stripe", "STRIPE_SECRET_KEY", "sk_live_${base62:99}", "", Bare, &["stripe-secret-key"]),
    ("Stripe, 24 letters", "STRIPE_SECRET_KEY", "sk_live_${base62:24}", "", Bare, &["stripe-secret-key"]),
    ("Stripe restricted", "STRIPE_KEY", "rk_live_${base62:99}", "", Bare, &["stripe-restricted-key"]),
    ("Stripe webhook", "STRIPE_WEBHOOK_SECRET", "whsec_${base62:32}", "", Bare, &["stripe-webhook-secret"]),
    ("Twilio", "TWILIO_API_KEY", "SK${hex:32}", "", Bare, &["twilio-api-key"]),
    ("SendGrid", "SENDGRID_API_KEY", "SG.${base64url:22}.${base64url:43}", "", Bare, &["sendgrid-api-key"]),
    ("Mailgun", "MAILGUN_API_KEY", "key-${hex:32}", "", Bare, &["mailgun-private-key"]),
    ("Mailchimp", "MAILCHIMP_API_KEY", "${hex:32}-us14", "", Bare, &["mailchimp-api-key"]),
    ("Brevo", "BREVO_API_KEY", "xkeysib-${hex:64}-${base62:16}", "", Bare, &["brevo-api-key"]),
    ("Resend", "RESEND_API_KEY", "re_${base62:8}_${base62:24}", "", Named, &["resend-api-key"]),
    ("Postmark", "POSTMARK_SERVER_TOKEN", "${uuid}", "", Named, &["postmark-server-token"]),
    ("Shopify", "SHOPIFY_ACCESS_TOKEN", "shpat_${hex:32}", "", Bare, &["shopify-access-token"]),
    ("Square", "SQUARE_ACCESS_TOKEN", "EAAA${base64url:60}", "", Bare, &["square-access-token"]),
    ("Figma", "FIGMA_TOKEN", "figd_${base64url:40}", "", Bare, &["figma-personal-access-token"]),
    ("Linear", "LINEAR_API_KEY", "lin_api_${base62:40}", "", Bare, &["linear-api-key"]),
    ("Notion", "NOTION_TOKEN", "ntn_${digits:11}${base62:35}", "", Bare, &["notion-token"]),
    ("Airtable", "AIRTABLE_TOKEN", "pat${base62:14}.${hex:64}", "", Named, &["airtable-personal-access-token"]),
    ("Asana", "ASANA_TOKEN", "2/1${digits:15}/1${digits:15}:${hex:32}", "", Bare, &["asana-personal-access-token", "asana-personal-access-token-bare"]),
    ("Grafana", "GRAFANA_TOKEN", "glsa_${base62:32}_${hex:8}", "crc32-hex-le", Bare, &["grafana-service-account-token"]),
    ("Grafana Cloud", "GRAFANA_TOKEN", "glc_eyJ${base62:120}", "base64-json", Bare, &["grafana-cloud-api-token"]),
    ("Sentry organisation", "SENTRY_AUTH_TOKEN", "sntrys_eyJ${base62:157}_${base64:43}", "base64-json", Bare, &["sentry-organization-token"]),
    ("Sentry user", "SENTRY_AUTH_TOKEN", "sntryu_${hex:64}", "", Bare, &["sentry-user-token"]),
    ("New Relic", "NEW_RELIC_API_KEY", "NRAK-${base32:27}", "", Bare, &["new-relic-user-api-key"]),
    ("Datadog", "DD_API_KEY", "${hex:32}", "", Named, &["datadog-api-key"]),
    ("Dynatrace", "DYNATRACE_TOKEN", "dt0c01.${base32:24}.${base32:64}", "", Bare, &["dynatrace-api-token"]),
    ("PostHog", "POSTHOG_PERSONAL_API_KEY", "phx_${base62:43}", "", Bare, &["posthog-personal-api-key"]),
    ("Okta", "OKTA_API_TOKEN", "00${base64url:40}", "", Named, &["okta-api-token"]),
    ("JWT", "AUTH_TOKEN", "eyJ${base62:33}.eyJ${base62:97}.${base64url:43}", "jwt", Bare, &["jwt"]),
    ("Contentful", "CONTENTFUL_MANAGEMENT_TOKEN", "CFPAT-${base64url:43}", "", Bare, &["contentful-personal-access-token"]),
    ("Algolia", "ALGOLIA_ADMIN_KEY", "${hex:32}", "", Named, &["algolia-admin-key"]),
    ("Postman", "POSTMAN_API_KEY", "PMAK-${hex:24}-${hex:34}", "", Bare, &["postman-api-key"]),
    ("HubSpot", "HUBSPOT_TOKEN", "pat-na1-${uuid}", "", Bare, &["hubspot-private-app-token"]),
    ("1Password", "OP_SERVICE_ACCOUNT_TOKEN", "ops_eyJ${base62:700}", "base64-json", Bare, &["1password-service-account-token"]),
    ("age", "AGE_KEY", "AGE-SECRET-KEY-1${bech32:58}", "age", Bare, &["age-secret-key"]),
    ("Confluent", "CONFLUENT_API_SECRET", "cflt${base62:54}${base62:6}", "crc32-base64-le", Bare, &["confluent-cloud-api-secret"]),
    ("Zuplo", "ZUPLO_API_KEY", "zpka_${base62:32}_${hex:8}", "crc32-hex", Bare, &["zuplo-consumer-key"]),
    ("Typeform", "TYPEFORM_TOKEN", "tfp_${base62:44}_${base62:14}", "", Bare, &["typeform-personal-access-token"]),
    ("Facebook", "FACEBOOK_ACCESS_TOKEN", "EAAC${base62:180}", "", Bare, &["facebook-access-token"]),
    ("Dropbox", "DROPBOX_TOKEN", "sl.B${base64url:139}", "", Bare, &["dropbox-short-lived-access-token"]),
    // CI.
    ("CircleCI", "CIRCLECI_TOKEN", "CCIPAT_${base62:22}_${hex:40}", "", Bare, &["circleci-personal-token"]),
    ("Buildkite", "BUILDKITE_TOKEN", "bkua_${hex:40}", "", Bare, &["buildkite-api-token"]),
    ("SonarQube", "SONAR_TOKEN", "squ_${hex:40}", "", Bare, &["sonar-token"]),
    ("Snyk", "SNYK_TOKEN", "snyk_uat.${hex:8}.${base64url:86}.${base64url:43}", "", Bare, &["snyk-personal-access-token"]),
    ("Codecov", "CODECOV_TOKEN", "${uuid}", "", Named, &["codecov-upload-token"]),
    ("Travis", "TRAVIS_TOKEN", "${base62:22}", "", Named, &["travis-ci-access-token"]),
    // Key files.
    ("RSA key", "PRIVATE_KEY", "@private-key-rsa", "", Bare, &["private-key-rsa"]),
    ("OpenSSH key", "SSH_KEY", "@private-key-openssh", "", Bare, &["private-key-openssh"]),
    ("EC key", "PRIVATE_KEY", "@private-key-ec", "", Bare, &["private-key-ec"]),
    ("PGP key", "GPG_KEY", "@private-key-pgp", "", Bare, &["private-key-pgp"]),
    ("PuTTY key", "PPK", "@private-key-putty", "", Bare, &["private-key-putty"]),
    // No provider's.
    ("PostgreSQL URL", "DATABASE_URL", "postgres://app:${base62:18}@db.acme.io:5432/app", "", Bare, &["database-url-password"]),
    ("MongoDB URL", "MONGO_URL", "mongodb+srv://app:${base62:18}@cluster0.acme.io/app", "", Bare, &["database-url-password"]),
    ("URL with a password", "SERVICE_URL", "https://deploy:${base62:18}@api.acme.io/v1", "", Bare, &["generic-url-password"]),
    ("Bearer header", "HEADER", "Authorization: Bearer ${base62:40}", "", Bare, &["http-bearer-token"]),
    ("strong password", "DB_PASSWORD", "${base62:10}!x${base62:6}", "", Named, &["generic-password"]),
    ("human password", "DB_PASSWORD", "@human", "", Named, &["generic-password"]),
    ("hex key", "SECRET_KEY", "${hex:64}", "", Named, &["generic-secret", "generic-api-key", "django-secret-key", "rails-secret-key-base"]),
    ("bcrypt in htpasswd", "", "@htpasswd", "", Named, &["htpasswd-hash"]),
];

/// A file name, and what stands before and after the token; `@` is the name.
const NAMED: &[(&str, &str, &str)] = &[
    (".env", "@=", "\n"),
    ("settings.json", "{\"name\": \"service\", \"@\": \"", "\"}\n"),
    ("settings.yaml", "service:\n  @: ", "\n  retries: 3\n"),
    ("settings.py", "@ = \"", "\"\n"),
];
const BARE: &[(&str, &str, &str)] = &[("notes.txt", "", "\n"), ("main.js", "x = f(\"", "\")\n")];
/// How many samples of a form.
const ROUNDS: usize = 4;

struct Maker<'r> {
    set: &'r RuleSet,
    random: Generator<'r>,
}

impl Maker<'_> {
    fn of(&mut self, characters: &[u8], n: usize) -> String {
        let pick = self.random.random(shield_hook::rule::template::Alphabet::Digits, n * 3);
        let number = |at: usize| pick[at * 3..at * 3 + 3].parse::<usize>().unwrap();
        (0..n).map(|at| char::from(characters[number(at) % characters.len()])).collect()
    }

    fn expand(&mut self, template: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const BECH32: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
        let mut text = template.to_owned();
        for (kind, characters) in
            [("letters", LETTERS), ("bech32", BECH32), ("base32lower", &b"abcdefghijklmnopqrstuvwxyz234567"[..])]
        {
            let open = format!("${{{kind}:");
            while let Some(start) = text.find(&open) {
                let end = start + text[start..].find('}').unwrap();
                let value = self.of(characters, text[start + open.len()..end].parse().unwrap());
                text.replace_range(start..=end, &value);
            }
        }
        let any = self.set.rules()[0];
        self.random.expand(any, &text).unwrap().text
    }

    fn make(&mut self, template: &str, proof: &str) -> String {
        match template.strip_prefix('@') {
            None => {
                let mut token = self.expand(template).into_bytes();
                if !proof.is_empty() {
                    assert!(checksum::complete(proof, &mut token), "{proof}");
                }
                String::from_utf8(token).unwrap()
            }
            Some("aws") => {
                let mut id = self.expand("AKIA${base32:16}").into_bytes();
                assert!(checksum::complete("aws-key-id", &mut id));
                format!("{} {}", String::from_utf8(id).unwrap(), self.expand("${base64:40}"))
            }
            Some("service-account") => {
                let key = self.random.secret(self.set.get("private-key-pkcs8").unwrap()).unwrap();
                let id = self.expand("${hex:40}");
                format!(
                    "{{\"type\": \"service_account\", \"project_id\": \"acme\", \"private_key_id\": \"{id}\", \
                     \"private_key\": \"{}\\n\", \"client_email\": \"ci@acme.iam.gserviceaccount.com\"}}",
                    key.replace('\n', "\\n")
                )
            }
            Some("human") => {
                let word = ["Summer", "Dragon", "Monday", "Winter", "Shadow", "Banana"];
                let number: usize = self.expand("${digits:4}").parse().unwrap();
                format!("{}{}{}", word[number % word.len()], 2000 + number % 26, ["!", "#", "$1", "?"][number % 4])
            }
            Some("htpasswd") => format!("admin:$2y$10${}", self.expand("${base62:53}")),
            Some(rule) => self.random.secret(self.set.get(rule).unwrap()).unwrap(),
        }
    }
}

/// Where a token stands by what it is: a text of many lines is quoted, or the file is it.
fn places(name: &str, token: &str, round: usize) -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    let whole = token.contains('\n') || token.starts_with('{') || name.is_empty();
    if name.is_empty() {
        return vec![(".htpasswd".into(), format!("{token}\n"), true)];
    }
    for (file, before, after) in NAMED {
        let token = match *file {
            "settings.json" if token.starts_with('{') => token.replace('\\', "\\\\").replace('"', "\\\""),
            "settings.json" => token.replace('\n', "\\n"),
            "settings.yaml" if token.contains('\n') => format!("|\n    {}", token.replace('\n', "\n    ")),
            "settings.yaml" if token.starts_with('{') || token.contains(": ") || token.contains('#') => {
                format!("'{token}'")
            }
            "settings.py" if token.starts_with('{') => {
                all.push((format!("{round}/{file}"), format!("{name} = json.loads(r'''{token}''')\n"), true));
                continue;
            }
            "settings.py" => token.replace('\n', "\\n"),
            ".env" if whole => format!("\"{token}\""),
            _ => token.to_owned(),
        };
        all.push((format!("{round}/{file}"), format!("{}{token}{after}", before.replace('@', name)), true));
    }
    for (file, before, after) in BARE {
        let (before, after) = if whole { ("", "\n") } else { (*before, *after) };
        all.push((format!("{round}/{file}"), format!("{before}{token}{after}"), false));
    }
    all
}

#[test]
fn every_form_blocks_where_it_has_to() {
    let set = RuleSet::builtin();
    let mut maker = Maker { set: &set, random: Generator::with_seed(&set, 20_261_122) };
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("forms"));
    let mut written: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for (number, (_, name, template, proof, _, rules)) in FORMS.iter().enumerate() {
        for rule in *rules {
            assert!(set.get(rule).is_some(), "no rule is called {rule}");
        }
        for round in 0..ROUNDS {
            let token = maker.make(template, proof);
            for (file, text, named) in places(name, &token, round) {
                let path = format!("{number}/{file}");
                dir.write(&path, text);
                written.insert(path, (number, named));
            }
        }
    }
    let run = dir.shield(&["scan", "--format", "json", "--quiet"]).expect(1);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in run.blocking() {
        let (place, rule) = finding.rsplit_once(' ').unwrap();
        let (path, _) = place.rsplit_once(':').unwrap();
        found.entry(path.to_owned()).or_default().push(rule.to_owned());
    }
    let mut missed = Vec::new();
    let mut counts = [FORMS.len(); 2];
    for (number, (form, _, _, _, wanted, rules)) in FORMS.iter().enumerate() {
        for named in [true, false] {
            let of_this = written.iter().filter(|(_, at)| **at == (number, named));
            let mut wrong: Vec<String> = Vec::new();
            let mut places = 0;
            for (path, _) in of_this {
                places += 1;
                match found.get(path) {
                    None => wrong.push(format!("{path}: nothing")),
                    Some(by) if !by.iter().any(|rule| rules.contains(&rule.as_str())) => {
                        wrong.push(format!("{path}: {}", by.join(", ")));
                    }
                    Some(_) => {}
                }
            }
            let blocks =
                places > 0 && written.iter().all(|(path, at)| *at != (number, named) || found.contains_key(path));
            counts[usize::from(!named)] -= usize::from(!blocks);
            if !wrong.is_empty() && (named || *wanted == Bare) {
                missed.push(format!("{form}{}: {}", if named { "" } else { ", bare" }, wrong.join("; ")));
            }
        }
    }
    println!("{} forms: {} block beside a name, {} bare", FORMS.len(), counts[0], counts[1]);
    assert!(counts[0] == FORMS.len() && counts[1] >= 115, "{counts:?}");
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}
