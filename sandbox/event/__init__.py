"""The real event's own endpoint shapes beside the standard ones, so that an existing integration can be pointed here.

    /mediator/fhir/Bundle   the mediator of the LACPASS Docker set (there port 3000)
    /regional/...           the regional node (there port 5001)

Thin: what is stored, searched and judged is the server's own work.
"""
