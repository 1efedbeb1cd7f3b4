"""What a quantized model needs: padding, cleaning, checking."""
