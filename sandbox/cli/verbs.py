"""The list of verbs; a new one is one line here and one file beside this one."""

from __future__ import annotations

import typer

from sandbox.cli import tell
from sandbox.cli.allow import allow
from sandbox.cli.bot import bot
from sandbox.cli.cert import cert
from sandbox.cli.chat import chat
from sandbox.cli.data import data
from sandbox.cli.diff import diff
from sandbox.cli.doctor import doctor
from sandbox.cli.export import export
from sandbox.cli.gateway import gateway
from sandbox.cli.grade import grade
from sandbox.cli.lab import lab
from sandbox.cli.lessons import lessons
from sandbox.cli.link import link
from sandbox.cli.matrix import matrix
from sandbox.cli.merge import merge
from sandbox.cli.packages import packages
from sandbox.cli.people import people
from sandbox.cli.pki import pki
from sandbox.cli.plan import plan
from sandbox.cli.purge import purge
from sandbox.cli.readiness import readiness
from sandbox.cli.recheck import recheck
from sandbox.cli.resume import resume
from sandbox.cli.run import run
from sandbox.cli.serve import serve
from sandbox.cli.status import status
from sandbox.cli.systems import systems
from sandbox.cli.tenants import tenants
from sandbox.cli.tracks import tracks
from sandbox.cli.validate import validate
from sandbox.cli.view import view

app = typer.Typer(help=tell("help"), no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.command(help=tell("serve.help"))(serve)
app.command(help=tell("lab.help"))(lab)
app.command(help=tell("validate.help"))(validate)
app.command(help=tell("view.help"))(view)
app.command(help=tell("merge.help"))(merge)
app.command(help=tell("readiness.help"))(readiness)
app.command(help=tell("systems.help"))(systems)
app.command(help=tell("allow.help"))(allow)
app.command(help=tell("people.help"))(people)
app.command(help=tell("tracks.help"))(tracks)
app.command(help=tell("plan.help"))(plan)
app.command(help=tell("run.help"))(run)
app.command(help=tell("resume.help"))(resume)
app.command(help=tell("diff.help"))(diff)
app.command(help=tell("status.help"))(status)
app.command(help=tell("recheck.help"))(recheck)
app.command(help=tell("matrix.help"))(matrix)
app.command(help=tell("export.help"))(export)
app.command(help=tell("purge.help"))(purge)
app.command(help=tell("bot.help"))(bot)
app.command(help=tell("chat.help"))(chat)
app.command(help=tell("cert.help"))(cert)
app.command(help=tell("link.help"))(link)
app.command(help=tell("gateway.help"))(gateway)
app.command(help=tell("pki.help"))(pki)
app.command(help=tell("packages.help"))(packages)
app.command(help=tell("tenants.help"))(tenants)
app.command(help=tell("data.help"))(data)
app.command(help=tell("grade.help"))(grade)
app.command(help=tell("lessons.help"))(lessons)
app.command(help=tell("doctor.help"))(doctor)
