"""What bargainers say, read by rules: prices, offers, acceptances, refusals, farewells."""

from bargain.reading.reader import Act, Amount, Outcome, Reader, amounts, has_digits, offers, read_outcome, same

__all__ = ["Act", "Amount", "Outcome", "Reader", "amounts", "has_digits", "offers", "read_outcome", "same"]
