"""What an application does with authlib: every way to a token, and what is refused."""

import base64
import hmac
import json
import os
import time

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from authlib.oauth2.rfc7523.assertion import sign_jwt_bearer_assertion
from joserfc import jwt
from joserfc.jwk import KeySet, import_key

SERVER = os.environ["SERVER"]
SECRET_CLIENT, SECRET = os.environ["SECRET_CLIENT"].split(" ")
SIGNED_CLIENT = os.environ["SIGNED_CLIENT"]
KEYS = {key["alg"]: key for key in json.loads(os.environ["PRIVATE_KEYS"])}
READ = "quality-on-demand:sessions:read"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CIBA = "urn:openid:params:grant-type:ciba"
PHONE = "tel:+36721601234567"

metadata = requests.get(f"{SERVER}/.well-known/openid-configuration", timeout=10).json()
TOKEN_ENDPOINT = metadata["token_endpoint"]
published = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())


def claims_of(token):
    """The claims of an access token whose signature is right."""
    return jwt.decode(token["access_token"], published, algorithms=["ES256"]).claims


class Signing(PrivateKeyJWT):
    """private_key_jwt with assertions of two minutes: authlib's own last an hour."""

    def __init__(self, alg, **assertion):
        super().__init__(TOKEN_ENDPOINT, alg=alg)
        self.assertion = {"expires_in": 120, "header": {"kid": KEYS[alg]["kid"]}, **assertion}

    def sign(self, auth, token_endpoint):
        key = import_key(KEYS[self.alg])
        return private_key_jwt_sign(key, auth.client_id, token_endpoint, alg=self.alg, **self.assertion)


def signing(alg="ES256", **assertion):
    session = OAuth2Session(SIGNED_CLIENT, json.dumps(KEYS[alg]), token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(Signing(alg, **assertion))
    return session


def refusal(of):
    try:
        of()
    except OAuthError as error:
        return error.error, error.description
    return "no", "refusal"


for method in ("client_secret_basic", "client_secret_post"):
    with OAuth2Session(SECRET_CLIENT, SECRET, token_endpoint_auth_method=method, scope=READ) as session:
        print(method, claims_of(session.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials"))["scope"])

for alg in KEYS:
    token = signing(alg).fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials", scope=READ)
    print("private_key_jwt", alg, claims_of(token)["client_id"] == SIGNED_CLIENT)


def about(subject, **more):
    return sign_jwt_bearer_assertion(
        import_key(KEYS["ES256"]), SIGNED_CLIENT, metadata["issuer"], subject, expires_in=120, alg="ES256", **more
    )


scope = f"dpv:RequestedServiceProvision {READ}"
token = signing().fetch_token(TOKEN_ENDPOINT, grant_type=JWT_BEARER, assertion=about(PHONE), scope=scope)
print("jwt-bearer", token["scope"], claims_of(token)["sub"] not in (SIGNED_CLIENT, PHONE))

with OAuth2Session(
    SECRET_CLIENT, SECRET, scope=f"openid {READ}", redirect_uri=os.environ["REDIRECT_URI"], code_challenge_method="S256"
) as session:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    url, _ = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, login_hint=PHONE, acr_values="2"
    )
    back = requests.get(url, allow_redirects=False, timeout=10).headers["location"]
    token = session.fetch_token(TOKEN_ENDPOINT, authorization_response=back, code_verifier=verifier)
    print("authorization_code", token["scope"])

with OAuth2Session(SECRET_CLIENT, SECRET) as session:
    form = {"scope": f"openid {READ}", "login_hint": "ipport:[2001:db8:1234:5678::1]"}
    url = metadata["backchannel_authentication_endpoint"]
    asked = requests.post(url, data=form, auth=(SECRET_CLIENT, SECRET), timeout=10).json()
    token = session.fetch_token(TOKEN_ENDPOINT, grant_type=CIBA, auth_req_id=asked["auth_req_id"])
    print("ciba", token["scope"])


def asked(session, **form):
    return lambda: session.fetch_token(TOKEN_ENDPOINT, **{"grant_type": "client_credentials", **form})


now = int(time.time())
print("wrong secret", *refusal(asked(OAuth2Session(SECRET_CLIENT, "wrong"))))
print("scope", *refusal(asked(OAuth2Session(SECRET_CLIENT, SECRET), scope="nope")))
print("expired", *refusal(asked(signing(issued_at=now - 600))))
print("future", *refusal(asked(signing(issued_at=now + 60))))
print("an hour", *refusal(asked(signing(expires_in=3600))))
print("audience", *refusal(asked(signing(claims={"aud": "https://elsewhere.example"}))))
print("issuer", *refusal(asked(signing(claims={"iss": "somebody"}))))
print("unknown kid", *refusal(asked(signing(header={"kid": "nobody's"}))))
once = {"jti": "the same"}
print("first", *refusal(asked(signing(claims=dict(once)))))
print("replayed", *refusal(asked(signing(claims=dict(once)))))
print("oversized", *refusal(asked(signing(claims={"more": "x" * 20_000}))))



def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Forged(PrivateKeyJWT):
    """An assertion that anybody could write: joserfc refuses to."""

    def __init__(self, alg, secret):
        super().__init__(TOKEN_ENDPOINT, alg=alg)
        self.secret = secret

    def sign(self, auth, token_endpoint):
        claims = {"iss": auth.client_id, "sub": auth.client_id, "aud": token_endpoint, "exp": now + 60, "jti": self.alg}
        parts = [{"alg": self.alg, "kid": KEYS["RS256"]["kid"]}, claims]
        text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        if self.secret is None:
            return f"{text}."
        return f"{text}.{base64url(hmac.digest(self.secret, text.encode(), 'sha256'))}"


public = import_key(KEYS["RS256"])
for name, alg, secret in (
    ("none", "none", None),
    ("HS256 with the PEM", "HS256", public.as_pem(private=False)),
    ("HS256 with the JWK", "HS256", json.dumps(public.as_dict(private=False)).encode()),
):
    session = OAuth2Session(SIGNED_CLIENT, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(Forged(alg, secret))
    print(name, *refusal(asked(session)))

other = OAuth2Session(SECRET_CLIENT, json.dumps(KEYS["ES256"]), token_endpoint_auth_method="private_key_jwt")
other.register_client_auth_method(Signing("ES256"))
print("other client", *refusal(asked(other)))

subject = {"grant_type": JWT_BEARER, "scope": scope}
print("stranger", *refusal(asked(signing(), **subject, assertion=about("tel:+36999999999"))))
print("of another", *refusal(asked(signing(), **subject, assertion=about(PHONE, claims={"iss": "somebody"}))))
