"""Demo data: two invented companies and their leads, in many languages, the same on every machine."""

from app.demo.load import load_demo

__all__ = ["load_demo"]
