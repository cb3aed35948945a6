"""The reader: a line as people type it becomes a command, or the few that may be meant.

What changes something is carried out only where every word of the line is understood; what is near
is offered and never guessed.
"""

from bot.reading.filling import Reading as Reading
from bot.reading.known import Known as Known
from bot.reading.known import Tracks as Tracks
from bot.reading.known import known_of as known_of
from bot.reading.known import tracks_of as tracks_of
from bot.reading.reader import read as read
