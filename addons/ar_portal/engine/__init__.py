"""What the addon computes, without Odoo: values in, values out."""
