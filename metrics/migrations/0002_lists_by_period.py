from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0001_initial'),
        ('projects', '0001_initial'),
        ('records', '0004_sessions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='measurement',
            name='measurement_owner_period',
        ),
        migrations.AddIndex(
            model_name='measurement',
            index=models.Index(fields=['owner', 'period', 'id'], name='measurement_owner_period_id'),
        ),
    ]
