"""A mail server of its own kind (aiosmtpd) that prints what it receives.

Prints one line of JSON with its port once it listens, then one line for each mail: the envelope, the headers that
matter and the text. Ends when its standard input does.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def tell(**members):
    print(json.dumps(members), flush=True)


class Sink:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell(
            mail_from=envelope.mail_from,
            rcpt_tos=envelope.rcpt_tos,
            subject=mail["subject"],
            text=mail.get_content(),
        )
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("13800000009"):
            return f"550 nobody has {address}"
        envelope.rcpt_tos.append(address)
        return "250 known"


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"codes", b"mail-password")
    # "handled" would mean that the refusal was already spoken.
    return AuthResult(success=known, handled=False)


async def main():
    wants_login = "--login" in sys.argv
    login = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if wants_login else {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), **login), host="127.0.0.1", port=0)
    tell(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
