//! One call on its way through a route: who calls, with what, and what is to be answered.

use serde_json::Value;

use crate::{
    cookies::{self, Carried},
    dates::Millis,
    errors::{ApiError, error},
    events::Told,
    limits::Standing,
    params::Params,
    profile::Traits,
    request::Request,
    world::{Session, User, World},
};

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The user, by a session or a JWT.
    pub(crate) user_id: Option<String>,
    /// The session, if one was proven.
    pub(crate) session_id: Option<String>,
    /// The user was proven by a JWT.
    pub(crate) jwt: bool,
    /// A session was proven, even if a key counts in its place.
    pub(crate) session_open: bool,
    /// A project API key that counts.
    pub(crate) api_key: bool,
    /// A dev key that counts.
    pub(crate) dev_key: bool,
    /// What the request is about.
    pub(crate) place: Place,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// The project.
    #[default]
    Project,
    /// Another project, which has no users.
    Elsewhere,
    /// The console, to which nobody can sign up any more.
    Console,
}

/// A call.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) request: &'a Request,
    pub(crate) caller: Caller,
    /// The values of the `:names` of the route's path, in order.
    pub(crate) path: Vec<String>,
    /// `a_session_<project>`.
    pub(crate) cookie_key: String,
    pub(crate) reply: Reply,
    /// The keys of the limit that was counted, to be emptied after a success.
    pub(crate) limit_keys: Vec<String>,
}

/// What is to be answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Body,
    pub(crate) limit: Option<Standing>,
    /// Lines of `X-Fallback-Cookies`.
    pub(crate) fallback: Vec<String>,
    /// Lines of `Set-Cookie`.
    pub(crate) cookies: Vec<String>,
    pub(crate) location: Option<String>,
    /// Without the headers of the API.
    pub(crate) bare: bool,
    /// A redirect that must not be kept.
    pub(crate) no_cache: bool,
    /// What the route says of its event beyond its answer.
    pub(crate) told: Option<Told>,
    /// Sessions to be deleted once the answer is out (contract §5).
    pub(crate) evict: Vec<(String, String)>,
}

/// The body of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) enum Body {
    /// None.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// A page.
    Html(String),
    /// A plain text.
    Text(&'static str),
}

/// What a route comes to.
pub(crate) type Outcome = Result<(), ApiError>;

impl Call<'_> {
    pub(crate) fn traits(&self) -> &'static Traits {
        self.world.profile.traits()
    }

    /// Whether this is a server of 2.x that has a feature which came in the course of it.
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.traits().fields_of_2 && !self.world.switches.lacks(feature)
    }

    pub(crate) fn now(&self) -> Millis {
        self.world.now()
    }

    pub(crate) fn params(&self) -> Params<'_> {
        Params(&self.request.params)
    }

    /// Answers with JSON.
    pub(crate) fn json(&mut self, status: u16, body: Value) -> Outcome {
        self.reply.status = status;
        self.reply.body = Body::Json(body);
        Ok(())
    }

    /// Says what the event of this call is about.
    pub(crate) fn tell(&mut self, params: Vec<(&'static str, String)>, payload: Value) {
        self.reply.told = Some(Told { params, payload: Some(payload), ..Told::default() });
    }

    /// Answers with a redirect.
    pub(crate) fn redirect(&mut self, location: String) -> Outcome {
        self.reply.status = 301;
        self.reply.location = Some(location);
        Ok(())
    }

    /// Answers with nothing.
    pub(crate) fn no_content(&mut self) -> Outcome {
        self.reply.status = 204;
        Ok(())
    }

    /// The calling user, whom the scope check has found.
    pub(crate) fn user(&self) -> Result<&User, ApiError> {
        let id = self.caller.user_id.as_deref().unwrap_or_default();
        self.world.user(id).ok_or_else(|| error("user_not_found"))
    }

    /// As [`user`](Self::user), to be changed.
    pub(crate) fn user_mut(&mut self) -> Result<&mut User, ApiError> {
        let id = self.caller.user_id.clone().unwrap_or_default();
        self.world.user_mut(&id).ok_or_else(|| error("user_not_found"))
    }

    /// Creates a session of the user, gives its carriers, and marks the oldest for eviction.
    pub(crate) fn open_session(
        &mut self,
        user_id: &str,
        provider: &str,
        provider_uid: &str,
        factors: &[&str],
    ) -> Result<Session, ApiError> {
        let session = self.new_session(provider, provider_uid, factors);
        self.keep_session(user_id, session)
    }

    /// A session of the caller's device that nobody has yet.
    pub(crate) fn new_session(&self, provider: &str, provider_uid: &str, factors: &[&str]) -> Session {
        let now = self.now();
        Session {
            id: crate::world::unique_id(now),
            created: now,
            updated: now,
            secret: crate::world::hex(128),
            expire: now + self.world.project.session_duration * 1000,
            provider: provider.to_owned(),
            provider_uid: provider_uid.to_owned(),
            provider_access_token: String::new(),
            provider_access_token_expiry: None,
            provider_refresh_token: String::new(),
            factors: factors.iter().map(|factor| (*factor).to_owned()).collect(),
            mfa_updated: None,
            ip: self.request.ip(),
            agent: crate::agent::parse(self.user_agent(), self.traits().newer_fields),
            unlisted: false,
        }
    }

    /// Adds a session to its user, marks the oldest for eviction, and gives its carriers.
    pub(crate) fn keep_session(&mut self, user_id: &str, session: Session) -> Result<Session, ApiError> {
        let limit = self.world.project.session_limit;
        let user = self.world.user_mut(user_id).ok_or_else(|| error("user_not_found"))?;
        user.sessions.iter_mut().for_each(|each| each.unlisted = false);
        user.sessions.push(session.clone());
        if limit > 0 {
            let surplus = user.sessions.len().saturating_sub(limit);
            let oldest = user.sessions.iter().take(surplus).map(|old| (user_id.to_owned(), old.id.clone()));
            self.reply.evict.extend(oldest);
        }
        let duration = (session.expire - session.created) / 1000;
        let blob = session.blob(user_id);
        let carried =
            cookies::give(self.request, &self.cookie_key, &blob, session.expire, duration, self.traits());
        self.carry(carried);
        Ok(session)
    }

    /// Takes the caller's session back.
    pub(crate) fn take_session_back(&mut self) {
        let carried = cookies::take_back(self.request, &self.cookie_key, self.traits());
        self.carry(carried);
    }

    fn carry(&mut self, carried: Carried) {
        self.reply.fallback.extend(carried.fallback);
        self.reply.cookies.extend(carried.cookies);
    }

    /// The user agent; one that an API key forwards counts in place of its own.
    pub(crate) fn user_agent(&self) -> &str {
        let forwarded = self
            .request
            .filled("x-forwarded-user-agent")
            .filter(|_| self.caller.api_key && self.traits().forwards_user_agent);
        forwarded.or_else(|| self.request.filled("user-agent")).unwrap_or_default()
    }
}
